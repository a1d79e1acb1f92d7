"""The table of a run can be read by anything, and survives the run's death."""

import os
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.batch.outputs.table import COLUMNS, Row, Table
from service.batch.task import Facts
from service.errors import InvalidField
from service.ops.files import Unwritable

FACTS = Facts(1.25, "he-demo", 3, ("one", "two"), 0.98765, 0.5, 1, 0.0)
DONE = Row("a.wav", "x/a", "done", "00aa", FACTS)
FAILED = Row("b.wav", "b", "failed", error="no_speech: expected\tspeech,\ngot none")


def test_a_row_has_every_column(tmp_path: Path) -> None:
    """Figures are rounded, unknown ones empty, and no cell breaks its line."""
    with closing(Table(tmp_path / "report.tsv")) as table:
        table.add(DONE)
        table.add(FAILED)
    lines = (tmp_path / "report.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == list(COLUMNS)
    done, failed = (dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines[1:])
    assert done == {
        "audio": "a.wav",
        "status": "done",
        "quality": "0.9877",
        "score": "0.5",
        "duration_sec": "1.25",
        "words": "3",
        "not_found": "1",
        "unwritten_sec": "0.0",
        "warnings": "one; two",
        "error": "",
        "model": "he-demo",
        "output": "x/a",
        "key": "00aa",
    }
    assert failed["error"] == "no_speech: expected\\tspeech,\\ngot none"
    assert failed["quality"] == failed["key"] == ""


def test_what_was_done_stands_after_a_death(tmp_path: Path) -> None:
    """A line that was cut off, and those that failed, are gone when the next run begins."""
    path = tmp_path / "report.tsv"
    with closing(Table(path)) as table:
        table.add(FAILED)
        table.add(DONE)
    path.write_bytes(path.read_bytes() + b"c.wav\tdone\t0.9")
    with closing(Table(path)) as table:
        table.add(Row("d.wav", "d", "done", "00dd"))
        assert [cells["audio"] for cells in table] == ["a.wav", "d.wav"]


def test_lines_that_are_not_wanted_are_dropped(tmp_path: Path) -> None:
    """The others stay as they are."""
    with closing(Table(tmp_path / "report.tsv")) as table:
        table.add(DONE)
        table.add(FAILED)
        table.keep(lambda cells: cells["status"] == "failed")
        assert [cells["audio"] for cells in table] == ["b.wav"]


def test_another_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    """It may be anything."""
    (tmp_path / "report.tsv").write_text("audio\ttext\n", encoding="utf-8")
    with pytest.raises(InvalidField, match="expected the table of an earlier run"):
        Table(tmp_path / "report.tsv")
    assert (tmp_path / "report.tsv").read_text(encoding="utf-8") == "audio\ttext\n"


def test_a_table_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it cannot be made, and where the disk is full."""
    with pytest.raises(Unwritable):
        Table(tmp_path / "none/report.tsv")
    with closing(Table(tmp_path / "report.tsv")) as table, Path("/dev/full").open("wb") as full:
        monkeypatch.setattr(table, "_file", os.dup(full.fileno()))
        with pytest.raises(Unwritable, match="No space"):
            table.add(DONE)


def test_a_device_is_no_table() -> None:
    """However long it would be read."""
    with pytest.raises(InvalidField, match="expected the table of an earlier run"):
        Table(Path("/dev/zero"))


@given(audio=st.text(), error=st.text())
def test_no_text_breaks_a_line(
    tmp_path_factory: pytest.TempPathFactory, audio: str, error: str
) -> None:
    """Whatever a file is called, and whatever went wrong."""
    path = tmp_path_factory.getbasetemp() / "any.tsv"
    path.unlink(missing_ok=True)
    with closing(Table(path)) as table:
        table.add(Row(audio, audio, "failed", error=error))
        table.add(DONE)
        assert [cells["status"] for cells in table] == ["failed", "done"]
    assert len(path.read_bytes().split(b"\n")) == 4
