"""The image of the real Dockerfile, run without an engine; called by `make test-image`."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from containers import Container, Image, built_image, running
from numpy.typing import NDArray
from test_audio import av_bytes, sndfile_bytes

MEGABYTE = 1e6  # bytes
MOST_WITHOUT_MODELS = 420 * MEGABYTE
MOST_WITH_HEBREW = 780 * MEGABYTE
HEBREW_INT8 = 355 * MEGABYTE  # the 300M checkpoint's bundle, as export/ makes it
CLIP_SEC = 3.0
RATE = 16_000  # Hz
TOOLS = ["ffmpeg", "ffprobe", "curl", "wget", "pip", "pip3", "gcc", "strip"]


@pytest.fixture(scope="module")
def image() -> Image:
    return built_image()


@pytest.fixture(scope="module")
def container(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    with running(image, tmp_path_factory.mktemp("container")) as started:
        yield started


@pytest.fixture(scope="module")
def clip(root: Path) -> NDArray[np.float32]:
    """The first three seconds of a Hebrew clip: shape [samples, 1], in [-1, 1]."""
    samples, rate = soundfile.read(root / "examples/he-1.wav", dtype="float32", always_2d=True)
    assert rate == RATE
    return samples[: int(CLIP_SEC * RATE)]


@pytest.fixture(scope="module")
def words(root: Path) -> list[str]:
    """What is said in them."""
    return (root / "examples/he-1.txt").read_text(encoding="utf-8").split()[:5]


def wav(samples: NDArray[np.float32]) -> bytes:
    return sndfile_bytes(samples, RATE, "WAV", "PCM_16")


def test_a_hebrew_clip_is_aligned(
    container: Container, clip: NDArray[np.float32], words: list[str]
) -> None:
    """Three seconds of Hebrew and their text give every word its time, in order, within them."""
    with container.client() as client:
        form = {"audio": wav(clip), "transcript": " ".join(words).encode()}
        answer = client.post("/align", files=form).raise_for_status().json()
    assert [word["word"] for word in answer["words"]] == words
    assert {word["status"] for word in answer["words"]} == {"aligned"}
    times = [word[edge] for word in answer["words"] for edge in ("start", "end")]
    assert times == sorted(times)
    assert times[0] == pytest.approx(0.3, abs=0.1)  # where the README's answer has it
    assert times[-1] <= CLIP_SEC


@pytest.mark.parametrize(
    ("container_format", "codec"),
    [("WAV", ""), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"), ("mp4", "aac"), ("webm", "libopus")],
)
def test_formats_are_read_with_no_ffmpeg_binary(
    container: Container, clip: NDArray[np.float32], container_format: str, codec: str
) -> None:
    """What slim.sh took out of libsndfile, PyAV and their libraries is not missed."""
    if container_format.isupper():
        content = sndfile_bytes(clip, RATE, container_format, codec or "PCM_16")
    else:
        content = av_bytes(np.repeat(clip, 3, axis=0), 3 * RATE, container_format, codec)
    with container.client() as client:
        form = {"audio": content, "language": (None, "he")}
        answer = client.post("/transcribe", files=form).raise_for_status().json()
    assert answer["duration_sec"] == pytest.approx(CLIP_SEC, abs=0.1)
    assert answer["words"]


def test_long_audio_goes_through_the_temporary_folder(
    container: Container, clip: NDArray[np.float32]
) -> None:
    """More than a minute, which is kept in a file, needs no other writable place."""
    with container.client() as client:
        form = {"audio": wav(np.tile(clip, (25, 1))), "language": (None, "he")}
        answer = client.post("/transcribe", files=form).raise_for_status().json()
    assert answer["duration_sec"] == pytest.approx(25 * CLIP_SEC)
    assert not any(Path(container.log.parent / "tmp").iterdir())


def test_the_process_has_no_rights(container: Container) -> None:
    """It is process 1, of a user with no capability and no way to gain one."""
    status = container.status()
    assert status["NSpid"].split()[-1] == "1"
    assert set(status["Uid"].split()) == set(status["Gid"].split()) == {"10001"}
    assert int(status["CapPrm"], 16) == int(status["CapEff"], 16) == 0
    assert status["NoNewPrivs"] == "1"


def test_the_root_cannot_be_written(container: Container) -> None:
    """Only the temporary folder takes a file."""
    for folder in ("/", "/models", "/opt/kolvani/app", "/opt/kolvani/app/service", "/var"):
        refused = container.run("touch", f"{folder}/file")
        assert refused.returncode != 0
    assert "Read-only" in refused.stderr
    assert container.run("sh", "-c", "touch /tmp/file && rm /tmp/file").returncode == 0


def test_the_health_check_passes_while_the_service_is_busy(
    container: Container, clip: NDArray[np.float32]
) -> None:
    """With every worker busy and requests waiting, it is alive, ready, and says so in time."""
    check, *command = container.image.config["Healthcheck"]["Test"]
    assert check == "CMD"
    content = wav(np.tile(clip, (15, 1)))
    started = threading.Semaphore(0)

    def transcribe(_: int) -> int:
        with container.client() as client:
            started.release()
            form = {"audio": content, "language": (None, "he")}
            return client.post("/transcribe", files=form).status_code

    with ThreadPoolExecutor(8) as clients:
        answers = clients.map(transcribe, range(8))
        for _ in range(8):
            started.acquire()
        checked = container.run(*command)
        with container.client() as client:
            assert client.get("/readyz").status_code == 200
        assert set(answers) == {200}
    assert checked.returncode == 0, checked.stderr


def test_the_health_check_fails_where_nothing_answers(container: Container) -> None:
    """It is a real check: with no server at the port it exits with an error."""
    _, *command = container.image.config["Healthcheck"]["Test"]
    checked = container.run("env", "KOLVANI_PORT=1", *command)
    assert checked.returncode == 1
    assert "refused" in checked.stderr


def test_a_stop_signal_ends_it_with_no_answer_cut_off(
    image: Image, tmp_path: Path, clip: NDArray[np.float32]
) -> None:
    """The signal reaches the server itself: it answers what it has begun, and exits with 0."""
    content = wav(np.tile(clip, (60, 1)))  # three minutes: it is not answered at once
    with running(image, tmp_path) as container, ThreadPoolExecutor(1) as clients:

        def transcribe() -> int:
            with container.client() as client:
                form = {"audio": content, "language": (None, "he")}
                return client.post("/transcribe", files=form).status_code

        answer = clients.submit(transcribe)
        with container.client() as client:
            while not client.get("/stats").json()["pool"]["admitted"]:
                assert not answer.done()
        assert container.stop() == 0, container.log.read_text(encoding="utf-8")
        assert answer.result() == 200


def test_the_image_says_how_it_is_run(image: Image) -> None:
    """A user, one port on every address, a writable folder, and commands without a shell."""
    config = image.config
    assert config["User"] == "10001:10001"
    assert list(config["ExposedPorts"]) == ["8000/tcp"]
    assert image.environment["KOLVANI_HOST"] == "0.0.0.0"  # noqa: S104  # of the container
    assert image.environment["KOLVANI_PORT"] == "8000"
    assert list(config["Volumes"]) == ["/tmp"]  # noqa: S108  # of the container
    assert image.command == ["python", "-m", "service", "serve"]
    assert config["Healthcheck"]["Test"][0] == "CMD"


def test_the_image_is_labelled(image: Image) -> None:
    """What it is, of which version and revision, made when and from what, under which licence."""
    labels = image.config["Labels"]
    for name in ("title", "description", "licenses", "version", "revision", "created", "base.name"):
        assert labels[f"org.opencontainers.image.{name}"]
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_nothing_is_left_that_is_not_needed(image: Image, container: Container) -> None:
    """No installer, compiler or downloader, no torch, and nothing of the machine's index."""
    for name in TOOLS:
        assert container.run("sh", "-c", f"command -v {name}").returncode != 0, name
    for module in ("pip", "setuptools", "torch", "pytest"):
        assert "No module named" in container.run("python", "-c", f"import {module}").stderr
    assert not (image.root / "etc/pip.conf").exists()
    assert not (image.root / "opt/kolvani/app/export").exists()


def test_every_module_is_compiled(image: Image) -> None:
    """A read-only root cannot keep what it compiles: without these, each start takes seconds."""
    service = image.root / "opt/kolvani/app/service"
    for source in service.rglob("*.py"):
        assert list((source.parent / "__pycache__").glob(f"{source.stem}.cpython-*.pyc"))


def test_the_image_is_no_larger_than_promised(image: Image) -> None:
    """Its layers take at most 420 MB without models, and 780 with the Hebrew model in int8."""
    models = sum(file.stat().st_size for file in (image.root / "models").rglob("*.*"))
    bare = image.layer_bytes - models
    assert bare <= MOST_WITHOUT_MODELS
    assert bare + HEBREW_INT8 <= MOST_WITH_HEBREW
