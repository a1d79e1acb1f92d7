"""`doctor` says what is wrong, and what to change."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from bundles import write_bundle

from service.cli import main
from service.diagnosis.finding import Finding
from service.ops.processor import Processor


@pytest.fixture(autouse=True)
def whole_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine of the tests has all that is asked for."""
    monkeypatch.setattr(
        "service.commands.doctor.check_instructions", lambda: Finding("cpu", "ok", "fast")
    )
    monkeypatch.setattr("service.commands.doctor.cgroup_quota", lambda: None)
    monkeypatch.setattr("service.commands.doctor.available_bytes", lambda: 1 << 40)


def checks(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return {one["check"]: one for one in json.loads(capsys.readouterr().out)["checks"]}


def test_a_sound_installation_is_told_so(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each check, and the exit status 0."""
    assert main(["doctor", "--models-dir", str(root / "models")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok ") for line in lines if "temporary folder" not in line)
    told = [line[9:].partition(":")[0] for line in lines]
    assert told[:3] == ["versions", "model he-demo", "model hi-demo"]
    assert {"cpu", "quota", "threads", "decoding", "memory", "temporary folder"} <= set(told)


def test_warnings_are_no_failure(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to change stands below each."""
    monkeypatch.setattr("service.commands.doctor.available_bytes", lambda: 1 << 20)
    monkeypatch.setattr("service.commands.doctor.cgroup_quota", lambda: 0.5)
    assert main(["doctor", "--models-dir", str(root / "models")]) == 0
    told = capsys.readouterr().out
    assert "warning  quota: a quota of 0.5 CPUs" in told
    assert "         change: allow at least one whole CPU\n" in told
    assert "warning  memory: 1 MiB to be had" in told


def test_broken_models_are_a_failure(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that was changed."""
    for name in ("he-demo", "hi-demo"):
        shutil.copytree(root / "models" / name, tmp_path / name)
    (tmp_path / "hi-demo/tokens.txt").write_bytes(b"")
    assert main(["doctor", "--json", "--models-dir", str(tmp_path)]) == 1
    found = checks(capsys)
    assert found["model he-demo"]["verdict"] == "ok"
    assert found["model hi-demo"]["verdict"] == "broken"
    assert "expected sha256" in found["model hi-demo"]["told"]
    assert "delete the folder" in found["model hi-demo"]["change"]


def test_a_graph_that_does_not_load_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though its hash is right."""
    write_bundle(tmp_path / "planted")
    assert main(["doctor", "--json", "--models-dir", str(tmp_path)]) == 1
    assert "expected a graph that loads" in checks(capsys)["model planted"]["told"]


def test_a_model_that_does_not_fit_the_cpu_is_a_warning(
    root: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is served, more slowly than it could be, and told how to be served faster."""
    shutil.copytree(root / "models/he-demo", tmp_path / "he-demo")
    path = tmp_path / "he-demo/manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["quantization"] = {"policy": "stock", "weight_bits": 8}
    path.write_text(json.dumps(document), encoding="utf-8")
    haswell = Processor("Haswell", frozenset({"sse2", "avx2"}))
    monkeypatch.setattr("service.serving.catalogue.read_processor", lambda: haswell)
    assert main(["doctor", "--json", "--models-dir", str(tmp_path)]) == 0
    found = checks(capsys)["model he-demo"]
    assert found["verdict"] == "warning"
    assert "expected 7-bit weights on Haswell, which has no VNNI, got 8-bit" in found["told"]
    assert "--reduce-range" in found["change"]


def test_a_folder_without_models_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says how to get some; all other checks are made."""
    assert main(["doctor", "--json", "--models-dir", str(tmp_path)]) == 1
    found = checks(capsys)
    assert "make export-he" in found["models"]["change"]
    assert found["decoding"]["verdict"] == "ok"


def test_prepared_models_are_read_in_full(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is damaged is told, removed and made anew; none at all is a warning."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("KOLVANI_CACHE_DIR", str(cache))
    arguments = ["doctor", "--json", "--models-dir", str(root / "models")]
    assert main(arguments) == 0
    sound = checks(capsys)["prepared models"]
    assert sound["verdict"] == "ok"
    assert f"2 of 2, {sound['told'].split()[3]} MiB in {cache}; they took" in sound["told"]

    weights = sorted(cache.glob("*/weights.bin"))
    weights[0].write_bytes(b"")
    assert main(arguments) == 0
    mended = checks(capsys)["prepared models"]
    assert mended["verdict"] == "warning"
    assert mended["told"].startswith("2 of 2")
    assert mended["told"].endswith("-demo was damaged")
    assert weights[0].stat().st_size > 0

    monkeypatch.setenv("KOLVANI_CACHE_DIR", "")
    assert main(arguments) == 0
    assert "set KOLVANI_CACHE_DIR" in checks(capsys)["prepared models"]["change"]


def test_models_that_cannot_be_prepared_are_a_warning(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are served all the same."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("KOLVANI_CACHE_DIR", str(tmp_path / "file/cache"))
    assert main(["doctor", "--json", "--models-dir", str(root / "models")]) == 0
    found = checks(capsys)["prepared models"]
    assert found["verdict"] == "warning"
    assert found["told"].startswith("0 of 2")
    assert "more room" in found["change"]
