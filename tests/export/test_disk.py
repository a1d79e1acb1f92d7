"""Results appear whole or not at all, also when the disk is full."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import Exporter

from export import disk, pipeline
from export.disk import publish, workspace
from export.errors import DiskFull

RUN_WITH_SMALL_FILES = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (32768, 32768))
sys.argv = ["export", *sys.argv[1:]]
runpy.run_module("export", run_name="__main__")
"""


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_leaves_nothing(
    code: int,
    checkpoint: Path,
    export: Exporter,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Status 1, one line that says so, and no file, though half of them were written."""

    def fail(*_: object) -> None:
        raise OSError(code, "no room")

    monkeypatch.setattr(pipeline, "write_int8", fail)
    assert export(checkpoint) == 1
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith(f"error: {export.models}: expected room for the export, got ")
    assert export.left_behind == []


def test_a_real_write_that_fails_leaves_nothing(checkpoint: Path, export: Exporter) -> None:
    """The same, with the system refusing to write on, wherever the libraries happen to be."""
    command = [sys.executable, "-c", RUN_WITH_SMALL_FILES, *export.arguments(checkpoint)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stderr
    assert "expected room for the export, got" in result.stderr.strip().splitlines()[-1]
    assert export.left_behind == []


def test_a_library_that_hides_the_cause_is_seen_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of any kind on a disk without room is blamed on the disk."""
    monkeypatch.setattr(disk, "LEAST_FREE", sys.maxsize)
    with pytest.raises(DiskFull, match="cannot parse"), workspace(tmp_path):
        raise ValueError("cannot parse what was cut short")


def test_other_errors_pass_through(tmp_path: Path) -> None:
    """With room on the disk an error is what it is; the workspace goes all the same."""
    with pytest.raises(ValueError, match="else"), workspace(tmp_path):
        raise ValueError("something else")
    assert list(tmp_path.iterdir()) == []


def test_publishing_replaces_what_stood_there(tmp_path: Path) -> None:
    """The new folder has its own files only."""
    target = tmp_path / "models" / "tiny"
    target.mkdir(parents=True)
    (target / "old").touch()
    with workspace(target.parent) as work:
        staged = work / "tiny"
        staged.mkdir()
        (staged / "new").touch()
        publish(staged, target)
    assert [path.name for path in target.iterdir()] == ["new"]
    assert [path.name for path in target.parent.iterdir()] == ["tiny"]


def test_a_failed_replacement_brings_the_old_one_back(tmp_path: Path) -> None:
    """If the new folder cannot be renamed, the one before stands where it stood."""
    target = tmp_path / "tiny"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(FileNotFoundError):
        publish(tmp_path / "absent", target)
    assert [path.name for path in target.iterdir()] == ["old"]
