"""CSV, TSV, CTM and labels, read back by what reads such files."""

import csv
import io
import re
from typing import Any

import pytest
from documents import document, documents
from hypothesis import given
from hypothesis import strategies as st

from service.formats.document import Document
from service.formats.labels import one_line
from service.formats.options import FormatOptions
from service.formats.spreadsheet import COLUMNS, guarded
from service.formats.table import render

FORMULA = tuple("=+-@\t\r\n＝＋－＠")
DIALECTS = {"csv": csv.excel, "tsv": csv.excel_tab}


def rows(written: Document, form: str) -> list[dict[str, str]]:
    """Read as Excel does: the mark tells that it is UTF-8."""
    content = render(written, form, FormatOptions())
    assert content.startswith(b"\xef\xbb\xbf") == (form == "csv")
    text = content.decode("utf-8-sig" if form == "csv" else "utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""), dialect=DIALECTS[form], strict=True))


def unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA) else cell


def number(cell: str) -> float | None:
    return float(cell) if cell else None


@pytest.mark.parametrize("form", DIALECTS)
@given(written=documents())
def test_a_table_has_a_row_for_every_word(form: str, written: Document) -> None:
    """With all that is known of it, as it is spelt; what it lacks is empty."""
    read = rows(written, form)
    assert len(read) == len(written.words)
    for row, word in zip(read, written.words, strict=True):
        assert tuple(row) == COLUMNS
        assert unguarded(row["word"]) == word.word
        assert (row["status"], unguarded(row["reading"])) == (word.status, word.reading or "")
        assert (number(row["start"]), number(row["end"])) == (word.start, word.end)
        assert number(row["score"]) == word.score
        assert written.text[int(row["char_start"]) : int(row["char_end"])] == word.word
        segment = written.segments[int(row["segment"])]
        assert segment.char_start <= word.char_start < segment.char_end


@given(st.text(st.sampled_from("'=+-@\t\r\n＝a"), max_size=5) | st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    """And the guard comes off again."""
    assert not guarded(text).startswith(FORMULA)
    assert unguarded(guarded(text)) == text


def test_readings_are_guarded_too() -> None:
    """How a number was said comes from the client's own pronunciations."""
    plain = document(["5"], [(0, 10)], ["aligned"], [1], 10)
    word = vars(plain.words[0]) | {"reading": "=1,\n"}
    written = Document(**{**vars(plain), "words": (type(plain.words[0])(**word),)})
    assert [row["reading"] for row in rows(written, "csv")] == ["'=1,\n"]


@given(documents())
def test_ctm_has_a_line_for_every_word(written: Document) -> None:
    """Six fields parted by spaces; a word that was not found in a comment."""
    lines = render(written, "ctm", FormatOptions()).decode().splitlines()
    assert len(lines) == len(written.words)
    for line, word in zip(lines, written.words, strict=True):
        if word.start is None or word.end is None:
            assert line == f";; not found: {one_line(word.word)}"
            continue
        recording, channel, start, duration, text, confidence = line.split()
        assert (recording, channel, text) == ("recording", "1", one_line(word.word))
        assert float(start) == word.start
        assert float(duration) == pytest.approx(word.end - word.start, abs=1e-6)
        assert confidence == ("NA" if word.score is None else f"{word.score:.4f}")


@pytest.mark.parametrize(
    ("name", "recording"),
    [("my talk\t2", "my_talk_2"), (";;x", "x"), ("", "audio"), ("שיחה", "שיחה")],
)
def test_the_recordings_name_is_one_field_of_ctm(name: str, recording: str) -> None:
    """Whatever the file was called."""
    plain = document(["א"], [(0, 10)], ["aligned"], [1], 10)
    written = Document(**{**vars(plain), "name": name})
    assert render(written, "ctm", FormatOptions()).decode().split()[0] == recording


@given(documents())
def test_audacity_has_a_label_for_every_word_with_a_time(written: Document) -> None:
    """Start, end and text, parted by tabs, a line each."""
    lines = render(written, "audacity", FormatOptions()).decode().split("\n")[:-1]
    timed: list[Any] = [word for word in written.words if word.start is not None]
    assert len(lines) == len(timed)
    for line, word in zip(lines, timed, strict=True):
        assert re.fullmatch(r"\d+\.\d{6}\t\d+\.\d{6}\t[^\t]+", line)
        start, end, label = line.split("\t")
        assert (float(start), float(end), label) == (word.start, word.end, one_line(word.word))


@given(documents())
def test_text_has_a_line_for_every_segment(written: Document) -> None:
    """Found or not, as it is spelt."""
    lines = render(written, "txt", FormatOptions()).decode().split("\n")[:-1]
    assert [line.split() for line in lines] == [item.text.split() for item in written.segments]
