"""A decoder that is killed in the middle of an upload, over HTTP."""

import concurrent.futures
import io
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from servers import Server, running_server

LIMIT_SEC = 3600
RATE = 1000  # Hz
TIMEOUT_SEC = 60.0
POLL_SEC = 0.002
IDLE = 4  # descriptors of a decoder without an upload


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("killed")
    with running_server(
        folder, workers=1, max_audio_sec=LIMIT_SEC, emission_cache_bytes=0
    ) as running:
        yield running


@pytest.fixture(scope="module")
def too_long() -> bytes:
    """Decoded up to the limit, which takes a while, and then refused."""
    sound = np.random.default_rng(0).integers(-9, 9, LIMIT_SEC * RATE).astype(np.int16)
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", RATE, 1, "PCM_16", format="FLAC") as file:
        for _ in range(2):
            file.write(sound)
    return buffer.getvalue()


def children(pid: int) -> set[int]:
    """Processes that a process has started."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        found |= {int(child) for child in (task / "children").read_text().split()}
    return found


def kill_the_one_at_work(server: Server, dying: set[int]) -> int:
    """The decoder that has an upload, as soon as there is another one."""
    deadline = time.monotonic() + TIMEOUT_SEC
    while time.monotonic() < deadline:
        for pid in children(server.process.pid) - dying:
            try:
                held = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
                started = b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            if started and held > IDLE + 1:  # the upload, and the file for its sound
                os.kill(pid, signal.SIGKILL)
                return pid
        time.sleep(POLL_SEC)
    raise AssertionError("expected a decoder at work, got none")


def post(server: Server, content: bytes) -> httpx.Response:
    with server.client() as client:
        return client.post("/transcribe", files={"audio": content}, data={"language": "he"})


@pytest.mark.parametrize(
    ("kills", "status", "code"), [(1, 413, "audio_too_long"), (2, 503, "decoder_failed")]
)
def test_the_service_goes_on(
    server: Server, too_long: bytes, root: Path, kills: int, status: int, code: str
) -> None:
    """Once is not noticed, twice is told; the next request is served as ever."""
    clip = (root / "examples/he-1.wav").read_bytes()
    before = post(server, clip).json()["text"]
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        answer = thread.submit(post, server, too_long)
        killed: set[int] = set()
        for _ in range(kills):
            killed.add(kill_the_one_at_work(server, killed))
        refused = answer.result(TIMEOUT_SEC)
    assert len(killed) == kills
    assert refused.status_code == status
    assert refused.json()["error"]["code"] == code
    if code == "decoder_failed":
        assert refused.headers["Retry-After"] == "1"
    assert post(server, clip).json()["text"] == before
    assert httpx.get(f"{server.url}/readyz").status_code == httpx.codes.OK
    assert not server.has_logged_errors()
