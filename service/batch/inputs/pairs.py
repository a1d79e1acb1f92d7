"""A manifest of a corpus: a table of recordings and their texts.

UTF-8, a pair a line, cells parted by tabs; quotation marks mean themselves, as Hebrew writes with
them. The first line names the columns: `audio`, a path, and `text`: a path where it ends in .txt,
and the text itself otherwise; `id`, where there is one, names what is written for the pair, which
else has its recording's path. Other columns are passed over, and so are empty lines. Paths are
relative to the manifest.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from service.batch.inputs.sources import FileSource, Inline, Source
from service.batch.task import Task
from service.errors import InvalidField

AUDIO, TEXT, ID = "audio", "text", "id"
TEXT_SUFFIX: Final = ".txt"
SHOWN_CHARACTERS: Final = 80


class _Columns(NamedTuple):
    """Where the cells of a line are; `id`: None where there is no such column."""

    audio: int
    text: int
    id: int | None


def manifest_tasks(manifest: Path) -> Iterator[Task]:
    """The pairs, read line by line. Raises OSError, or InvalidField for what is no manifest; a
    line that is wrong makes a task with a fault.
    """
    if manifest.is_fifo():
        message = f"{manifest}: expected a file that can be read several times, got a pipe"
        raise InvalidField(message, param="manifest")
    with manifest.open("rb") as file:
        columns = _columns(manifest, next(file, b""))
        for number, line in enumerate(file, start=2):
            if line.strip():
                yield _task(manifest, number, line, columns)


def _columns(manifest: Path, header: bytes) -> _Columns:
    names = [name.strip() for name in header.decode("utf-8-sig", "replace").split("\t")]
    if AUDIO not in names or TEXT not in names:
        got = "\t".join(names)[:SHOWN_CHARACTERS]
        raise InvalidField(
            f"{manifest}: expected a first line with the columns {AUDIO} and {TEXT}, parted by a "
            f"tab, got {got!r}",
            param="manifest",
        )
    return _Columns(names.index(AUDIO), names.index(TEXT), names.index(ID) if ID in names else None)


def _task(manifest: Path, number: int, line: bytes, columns: _Columns) -> Task:
    place = f"{manifest}, line {number}"
    broken = Task(place, "", None)
    try:
        cells = [cell.strip() for cell in line.decode().split("\t")]
    except UnicodeDecodeError as error:
        return replace(broken, fault=f"{place}: expected UTF-8, got {error}")
    if len(cells) <= max(columns.audio, columns.text) or not cells[columns.audio]:
        got = "\t".join(cells)[:SHOWN_CHARACTERS]
        return replace(broken, fault=f"{place}: expected {AUDIO} and {TEXT}, got {got!r}")
    audio, text = cells[columns.audio], cells[columns.text]
    wanted = cells[columns.id] if columns.id is not None and columns.id < len(cells) else ""
    path = PurePosixPath(audio)
    name = _name(wanted or str(path.parent / path.stem))
    if not name.strip("./"):
        return replace(broken, fault=f"{place}: expected a name, got {wanted or audio!r}")
    return Task(audio, name, FileSource(manifest.parent / audio), _text(manifest, text))


def _text(manifest: Path, cell: str) -> Source:
    return FileSource(manifest.parent / cell) if cell.endswith(TEXT_SUFFIX) else Inline(cell)


def _name(wanted: str) -> str:
    """The path within a folder: of one that leads elsewhere, the last part."""
    path = PurePosixPath(wanted)
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()
