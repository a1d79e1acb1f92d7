"""Tables for spreadsheets and scripts: a row a word, found or not."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Final

from service.formats.document import Document
from service.formats.options import FormatOptions

COLUMNS: Final = (
    "word", "start", "end", "score", "status", "char_start", "char_end", "segment", "reading",
)  # fmt: skip
# What spreadsheets take for a formula. An apostrophe before it says that it is text, and one more
# where the text has some, so that taking one off gives the text again.
_FORMULA: Final = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def write_csv(document: Document, _: FormatOptions) -> str:
    """Commas and CRLF, as RFC 4180 has them.

    `segment` counts from 0; what a word lacks is empty.
    """
    return _table(document, csv.excel)


def write_tsv(document: Document, _: FormatOptions) -> str:
    """The same with tabs and LF."""
    return _table(document, _Tabs)


class _Tabs(csv.excel_tab):
    lineterminator = "\n"


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula: '=1+1 for =1+1."""
    return f"'{text}" if _FORMULA.match(text) else text


def _table(document: Document, dialect: type[csv.Dialect]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, dialect)
    writer.writerow(COLUMNS)
    writer.writerows(_rows(document))
    return buffer.getvalue()


def _rows(document: Document) -> Iterator[tuple[object, ...]]:
    for number, segment in enumerate(document.segments):
        for word in document.words_of(segment):
            reading = None if word.reading is None else guarded(word.reading)
            yield (
                guarded(word.word), word.start, word.end, word.score, word.status,
                word.char_start, word.char_end, number, reading,
            )  # fmt: skip
