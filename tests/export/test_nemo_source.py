"""Where .nemo files come from, and what of them is refused."""

import io
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from nemo.collections.asr.models import EncDecCTCModelBPE
from nemo.core.classes.common import PretrainedModelInfo
from tiny import Exporter
from tiny_nemo import write_nemo

from export.nemo import source
from service.bundle import open_bundle

LENGTHS = (1_600, 16_000)
TARGET = "target: nemo.collections.asr.models.ctc_models.EncDecCTCModel\n"


@pytest.fixture
def nemo_export(export: Exporter) -> Exporter:
    return export.of("nemo", LENGTHS)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_nemo(tmp_path_factory.mktemp("source") / "tiny.nemo")


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, and counts what is asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        """A file."""
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Not on the test's stderr."""


@pytest.fixture
def catalogue(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[str]]:
    """A server on loopback in the place of NVIDIA's catalogue, with one model."""
    asked: list[str] = []
    handler = type("Handler", (Quiet,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=checkpoint.parent))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    models = [
        PretrainedModelInfo("stt_xx_tiny", description="one", location=f"{url}/tiny.nemo"),
        PretrainedModelInfo("stt_xx_gone", description="two", location=f"{url}/gone.nemo"),
    ]
    monkeypatch.setattr(EncDecCTCModelBPE, "list_available_models", classmethod(lambda _: models))
    monkeypatch.setenv("NEMO_CACHE_DIR", str(tmp_path / "cache"))
    yield asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_published_name_is_downloaded_once(catalogue: list[str], nemo_export: Exporter) -> None:
    """NeMo's from_pretrained finds it in its catalogue, and keeps it."""
    assert nemo_export("stt_xx_tiny") == 0
    manifest = open_bundle(nemo_export.models / "stt_xx_tiny").manifest
    assert manifest.source["checkpoint"] == "stt_xx_tiny"
    assert manifest.source["revision"] == "published"
    assert nemo_export("stt_xx_tiny") == 0
    assert catalogue == ["/tiny.nemo"]


def test_a_name_that_nobody_published_is_told(
    catalogue: list[str], nemo_export: Exporter, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, without a download."""
    assert nemo_export("stt_xx_unknown") == 1
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("error: stt_xx_unknown: expected a .nemo file, or a model that NeMo's")
    assert catalogue == []
    assert nemo_export.left_behind == []


def test_a_download_that_fails_is_told(
    catalogue: list[str], nemo_export: Exporter, capsys: pytest.CaptureFixture[str]
) -> None:
    """NeMo tries three times; nothing is left behind."""
    assert nemo_export("stt_xx_gone") == 1
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("error: stt_xx_gone: expected the model's file, got ")
    assert catalogue == ["/gone.nemo"] * 3
    assert nemo_export.left_behind == []


def test_the_real_model_is_in_nemos_catalogue() -> None:
    """The default checkpoint's name is one that NeMo knows."""
    names = [model.pretrained_model_name for model in EncDecCTCModelBPE.list_available_models()]
    assert "stt_hi_conformer_ctc_medium" in names


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    """A path that ends in .nemo is never taken for a published name."""
    with pytest.raises(source.CheckpointNotFound, match=r"expected a .nemo file, got nothing"):
        source.locate(str(tmp_path / "none.nemo"))
    with pytest.raises(source.CheckpointNotFound, match=r"expected a .nemo file, got a folder"):
        source.locate(str(tmp_path))


def archive(path: Path, **files: str) -> Path:
    """A tar file under the name of a checkpoint."""
    with tarfile.open(path, "w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "."))
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path.write_bytes(b""), "expected a .nemo archive"),
        (lambda path: path.write_bytes(b"x" * 10_000), "expected a .nemo archive"),
        (lambda path: archive(path, readme__txt="hello"), "expected a .nemo archive"),
        (
            lambda path: archive(path, model_config__yaml="target: somewhere.Rnnt\n"),
            "expected a CTC model: EncDecCTCModel or EncDecCTCModelBPE, got Rnnt",
        ),
        (
            lambda path: archive(path, model_config__yaml="sample_rate: 16000\n"),
            "expected a CTC model",
        ),
        (lambda path: archive(path, model_config__yaml="- a\n- b\n"), "expected a "),
        (lambda path: archive(path, model_config__yaml="a: [\n"), "expected a .nemo archive"),
        (
            lambda path: archive(path, model_config__yaml=f"{TARGET}preprocessor: 3\n"),
            "preprocessor: expected a section of settings, got 3",
        ),
        (
            lambda path: archive(
                path, model_config__yaml=f"{TARGET}preprocessor: {{}}\nencoder: null\n"
            ),
            "encoder: expected a section of settings, got None",
        ),
        (
            lambda path: archive(path, model_config__yaml=f"{TARGET}preprocessor: ${{nowhere}}\n"),
            "expected a .nemo archive",
        ),
    ],
    ids=[
        *("empty", "noise", "another archive", "another class", "no class", "a list"),
        *("no YAML", "no settings", "no encoder", "a hole"),
    ],
)
def test_what_is_no_checkpoint_is_told_in_one_line(
    make: Callable[[Path], object],
    told: str,
    tmp_path: Path,
    nemo_export: Exporter,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Status 1, what was expected, and nothing left behind."""
    make(tmp_path / "broken.nemo")
    assert nemo_export(tmp_path / "broken.nemo") == 1
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("error: ")
    assert told in line
    assert nemo_export.left_behind == []


@pytest.mark.parametrize(
    ("encoder", "named"),
    [
        ({"self_attention_model": "abs_pos"}, "encoder.self_attention_model"),
        ({"subsampling": "stacking"}, "encoder.subsampling"),
        ({"att_context_size": [64, 64]}, "encoder.att_context_size"),
        ({"causal_downsampling": True}, "encoder.causal_downsampling"),
    ],
)
def test_an_encoder_that_is_framed_otherwise_is_named(
    encoder: dict[str, Any],
    named: str,
    tmp_path: Path,
    nemo_export: Exporter,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What the graph's positions and the runtime's frame count rest on is checked."""
    assert nemo_export(write_nemo(tmp_path / "other.nemo", encoder=encoder)) == 1
    assert f"error: {named}: expected " in capsys.readouterr().err
    assert nemo_export.left_behind == []


def test_a_checkpoint_without_a_version_needs_the_dialect(
    tmp_path: Path, nemo_export: Exporter, capsys: pytest.CaptureFixture[str]
) -> None:
    """It cannot be guessed: the export says how to give it, and takes it."""
    path = write_nemo(tmp_path / "old.nemo", nemo_version=None)
    assert nemo_export(path) == 1
    assert "--mel-dialect" in capsys.readouterr().err
    assert nemo_export(path, "--mel-dialect", "reflect") == 0
    manifest = open_bundle(nemo_export.models / "old").manifest
    assert manifest.features.edges == "reflect"
    assert manifest.source["nemo_version"] == "unknown"


def test_drift_from_the_published_tokens_stops_the_export(
    checkpoint: Path,
    nemo_export: Exporter,
    root: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The real model's tokens are known: another vocabulary under its name is refused."""
    frozen = root / "tokens/stt_hi_conformer_ctc_medium.txt"
    nemo_export.tokens.mkdir(parents=True)
    (nemo_export.tokens / frozen.name).write_bytes(frozen.read_bytes())
    assert nemo_export(checkpoint, "--id", frozen.stem) == 1
    assert f"{frozen.name}: expected " in capsys.readouterr().err
    assert nemo_export(checkpoint, "--id", "other") == 0  # another model under another name
    published = checkpoint.with_name(f"{frozen.stem}.nemo")
    published.write_bytes(checkpoint.read_bytes())
    assert nemo_export(published, "--id", "renamed") == 1
    assert f"{frozen.name}: expected " in capsys.readouterr().err
    assert nemo_export.left_behind == sorted(["other", "other.txt", frozen.name])


def test_the_published_tokens_have_the_blank_last(root: Path) -> None:
    """128 pieces of which the first is unknown, and the blank."""
    lines = (root / "tokens/stt_hi_conformer_ctc_medium.txt").read_text("utf-8").splitlines()
    assert len(lines) == 129
    assert (lines[0], lines[-1]) == ("<unk> 0", "<blk> 128")
    assert lines[36] == "्र 36"
