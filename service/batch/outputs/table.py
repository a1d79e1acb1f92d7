"""The table of a run: a line for every recording, written as soon as it is done.

It says how good each answer is, so that bad pairs can be thrown out, and what need not be done
again: a line's `key` is a hash of all that its answer depends on. Lines stand in the order in which
recordings were finished, those of earlier runs first. A run that begins drops the lines of what
failed, and one that ends those of what it was not given; in between, and after a run that was
killed, an edited pair's old line may stand above its new one.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.batch.outputs.keys import are_last
from service.batch.task import Facts, State
from service.errors import InvalidField
from service.ops.files import Unwritable, replacing

COLUMNS: Final = (
    "audio",
    "status",
    "quality",
    "score",
    "duration_sec",
    "words",
    "not_found",
    "unwritten_sec",
    "warnings",
    "error",
    "model",
    "output",  # its first file, below the folder of outputs
    "key",
)
HEADER: Final = "\t".join(COLUMNS).encode() + b"\n"
SHOWN_BYTES: Final = 80
BETWEEN: Final = "; "  # warnings
_ESCAPES: Final = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})

Cells = dict[str, str]  # a line, by column


@dataclass(frozen=True)
class Row:
    """A recording that has been dealt with. facts: None unless `done`."""

    audio: str
    output: str
    status: State
    key: str = ""
    facts: Facts | None = None
    error: str = ""

    @property
    def cells(self) -> Cells:
        """What is known of each column."""
        own = {"audio": self.audio, "status": self.status, "error": self.error}
        return own | _told(self.facts) | {"output": self.output, "key": self.key}


class Table:
    """A table that rows are appended to. Whoever opens one closes it."""

    def __init__(self, path: Path) -> None:
        """Keeps what an earlier run has done. Raises Unwritable, or InvalidField where some other
        file stands.
        """
        self._path = path
        if path.exists():
            self.keep(lambda cells: cells["status"] == "done")
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise Unwritable(error.errno, error.strerror, str(path)) from error
        if os.fstat(self._file).st_size == 0:
            self._write(HEADER)

    def __iter__(self) -> Iterator[Cells]:
        """The lines that are whole."""
        return (cells for cells, _ in _lines(self._path))

    def add(self, row: Row) -> None:
        """At once, in one piece. Raises Unwritable."""
        self._write(_line(row.cells))

    def keep(self, wanted: Callable[[Cells], bool]) -> None:
        """Drop all other lines, at once, and those whose output a later line has. Raises
        Unwritable; nothing can be added any more.
        """
        last = iter(are_last(cells["output"] for cells in self))
        with replacing(self._path) as file:
            file.write(HEADER)
            for cells, line in _lines(self._path):
                is_last = next(last) or not cells["output"]
                if is_last and wanted(cells):
                    file.write(line)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _write(self, line: bytes) -> None:
        try:
            written = os.write(self._file, line)
            if written < len(line):  # the disk is full: the next attempt says so
                os.write(self._file, line[written:])
        except OSError as error:
            raise Unwritable(error.errno, error.strerror, str(self._path)) from error


def _lines(path: Path) -> Iterator[tuple[Cells, bytes]]:
    """A line that was cut off when its run was killed is passed over."""
    with path.open("rb") as file:
        header = file.readline(len(HEADER)) or HEADER
        if header != HEADER:
            got = header[:SHOWN_BYTES].decode(errors="replace")
            raise InvalidField(
                f"{path}: expected the table of an earlier run, or no such file, got {got!r}",
                param="report",
            )
        for line in file:
            cells = line.decode(errors="replace").rstrip("\n").split("\t")
            if line.endswith(b"\n") and len(cells) == len(COLUMNS):
                yield dict(zip(COLUMNS, cells, strict=True)), line


def _line(cells: Cells) -> bytes:
    shown: Iterable[str] = (cells.get(name, "").translate(_ESCAPES) for name in COLUMNS)
    return "\t".join(shown).encode(errors="backslashreplace") + b"\n"


def _told(facts: Facts | None) -> Cells:
    if facts is None:
        return {}
    figures = {
        "quality": facts.quality,
        "score": facts.score,
        "duration_sec": facts.duration_sec,
        "words": facts.words,
        "not_found": facts.not_found,
        "unwritten_sec": facts.unwritten_sec,
    }
    told = {name: str(round(figure, 4)) for name, figure in figures.items() if figure is not None}
    return told | {"model": facts.model, "warnings": BETWEEN.join(facts.warnings)}
