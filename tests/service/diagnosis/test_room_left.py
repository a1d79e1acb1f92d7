"""What is said of memory and of the temporary folder."""

import tempfile
from collections import namedtuple
from pathlib import Path

import pytest

from service.diagnosis.room import check_memory, check_temporary_folder

Usage = namedtuple("Usage", ["total", "used", "free"])  # noqa: PYI024  # as shutil's


@pytest.mark.parametrize(
    ("available", "verdict"), [(2 << 30, "ok"), (1 << 30, "ok"), (1 << 20, "warning"), (None, "ok")]
)
def test_memory_should_do_for_what_is_allowed(available: int | None, verdict: str) -> None:
    """A gigabyte is needed here."""
    found = check_memory(available, 1 << 30)
    assert found.verdict == verdict
    assert ("KOLVANI_MAX_AUDIO_SEC" in found.change) == (verdict == "warning")


@pytest.mark.parametrize(("free", "verdict"), [(1 << 30, "ok"), (1 << 20, "warning")])
def test_long_audio_needs_room_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str
) -> None:
    """An hour takes 230 MB, in every worker."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(0, 0, free))
    found = check_temporary_folder(3600.0, 4)
    assert found.verdict == verdict
    assert str(tmp_path) in found.told
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to set."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    found = check_temporary_folder(3600.0, 1)
    assert found.verdict == "broken"
    assert "TMPDIR" in found.change
