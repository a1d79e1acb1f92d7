"""`prepare` writes the models as this CPU runs them, and says where."""

import shutil
from pathlib import Path

import pytest

from service.acoustic import PREPARED_WEIGHTS
from service.batch.status import USAGE
from service.cli import main


@pytest.fixture
def models(root: Path, tmp_path: Path) -> Path:
    """A folder with one model."""
    shutil.copytree(root / "models/he-demo", tmp_path / "models/he-demo")
    return tmp_path / "models"


def prepare(models: Path, cache: Path) -> int:
    return main(["prepare", "--models-dir", str(models), "--cache-dir", str(cache)])


def test_it_makes_finds_and_mends(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line a model; what is there is read in full, and made anew where it is damaged."""
    cache = tmp_path / "cache"
    assert prepare(models, cache) == 0
    assert capsys.readouterr().out.startswith("he-demo: is prepared: ")
    assert prepare(models, cache) == 0
    assert capsys.readouterr().out.startswith("he-demo: is prepared already: ")
    (weights,) = cache.glob(f"*/{PREPARED_WEIGHTS}")
    weights.write_bytes(b"")
    assert prepare(models, cache) == 0
    assert capsys.readouterr().out.startswith("he-demo: was damaged, and is made anew: ")
    assert weights.stat().st_size > 0


def test_it_drops_what_is_of_no_use(
    models: Path, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a model that was removed."""
    shutil.copytree(root / "models/hi-demo", models / "hi-demo")
    assert prepare(models, tmp_path / "cache") == 0
    shutil.rmtree(models / "hi-demo")
    capsys.readouterr()
    assert prepare(models, tmp_path / "cache") == 0
    assert "1 of no use any more: dropped" in capsys.readouterr().out
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_what_cannot_be_prepared_is_a_failure(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that cannot be made, or a broken bundle; a setting of none is wrong usage."""
    (tmp_path / "file").touch()
    assert prepare(models, tmp_path / "file/cache") == 1
    assert "he-demo: KOLVANI_CACHE_DIR: expected room" in capsys.readouterr().err
    (models / "he-demo/tokens.txt").write_bytes(b"")
    assert prepare(models, tmp_path / "cache") == 1
    assert "expected sha256" in capsys.readouterr().err
    assert main(["prepare", "--models-dir", str(models), "--cache-dir", ""]) == USAGE
