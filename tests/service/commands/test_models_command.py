"""`models` lists the bundles."""

import json
import shutil
from pathlib import Path

import pytest

from service.cli import main


def test_models_are_listed_in_a_table(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Columns of the same width, a model a line, the languages in order."""
    assert main(["models", "--models-dir", str(root / "models")]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["id", "language", "size"]
    assert [line.split()[:2] for line in lines] == [["he-demo", "he"], ["hi-demo", "hi"]]
    places = {line.index("Apache-2.0") for line in lines}
    assert places == {header.index("licence")}
    assert "CER 0.00%, agreement 100.00%" in lines[0]


def test_models_are_told_to_machines(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same as JSON."""
    assert main(["models", "--json", "--models-dir", str(root / "models")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [model["id"] for model in told["models"]] == ["he-demo", "hi-demo"]
    assert told["models"][0]["int8_agreement"] == 1.0
    assert told["models"][0]["file_bytes"] > 1 << 20
    assert told["broken"] == {}


def test_a_broken_bundle_is_told_beside_the_others(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, with the exit status of a failure; a report without figures is none."""
    shutil.copytree(root / "models/he-demo", tmp_path / "he-demo")
    manifest = json.loads((tmp_path / "he-demo/manifest.json").read_bytes())
    manifest["report"] = {"cer": "unknown"}
    (tmp_path / "he-demo/manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    shutil.copytree(root / "models/hi-demo", tmp_path / "hi-demo")
    (tmp_path / "hi-demo/tokens.txt").write_bytes(b"")
    assert main(["models", "--models-dir", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert "not told" in captured.out
    assert "hi-demo" not in captured.out
    assert "hi-demo/tokens.txt: expected sha256" in captured.err


def test_a_folder_without_models_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the one error shape."""
    assert main(["models", "--models-dir", str(tmp_path)]) == 1
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "bundle_error"
