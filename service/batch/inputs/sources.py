"""Where a recording, a text or subtitles come from: a file, standard input, or the text itself."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from service.errors import InvalidField, StorageFull
from service.samples import FULL, RETRY_SEC

DASH: Final = "-"  # standard input; a file of that name is ./-
STDIN_NAME: Final = "stdin"  # of what is written


class Source(Protocol):
    """Bytes that can be read."""

    @property
    def shown(self) -> str:
        """What messages and tables call it."""

    def content(self, most: int = -1) -> bytes:
        """All of it, or the first `most` bytes. Raises OSError."""

    def stamp(self) -> str:
        """What changes when it does. Raises OSError."""


@dataclass(frozen=True)
class FileSource:
    """A file, by its path."""

    path: Path

    @property
    def shown(self) -> str:
        """The path."""
        return str(self.path)

    def content(self, most: int = -1) -> bytes:
        """All of it, or the first `most` bytes. Raises OSError."""
        with self.path.open("rb") as file:
            return file.read(most)

    def stamp(self) -> str:
        """Its size and time: a recording is too long to be read for this. Raises OSError."""
        state = self.path.stat()
        return f"{state.st_size} {state.st_mtime_ns}"


@dataclass(frozen=True)
class Stdin:
    """What comes on standard input: once."""

    @property
    def shown(self) -> str:
        """The dash that stands for it."""
        return DASH

    def content(self, most: int = -1) -> bytes:
        """All of it, or the first `most` bytes. Raises OSError."""
        return _stdin().read(most)

    def stamp(self) -> str:
        """It is new every time, and never part of what is resumed."""
        return DASH


@dataclass(frozen=True)
class Inline:
    """A text that was given as such."""

    text: str

    @property
    def shown(self) -> str:
        """The text."""
        return self.text

    def content(self, most: int = -1) -> bytes:
        """All of it, or the first `most` bytes."""
        whole = self.text.encode()
        return whole if most < 0 else whole[:most]

    def stamp(self) -> str:
        """The text."""
        return self.text


def source(given: str) -> Source:
    """Of an argument: a dash, or a path."""
    return Stdin() if given == DASH else FileSource(Path(given))


@contextmanager
def opened(sound: Source) -> Iterator[BinaryIO]:
    """A recording as a file that can be sought in; what comes through a pipe is copied to one that
    has no name. Raises OSError or StorageFull.
    """
    # Read by number: soundfile would judge a file that has a name by its extension. Opened by name:
    # the system's complaint about a directory tells it.
    with (
        sound.path.open("rb") if isinstance(sound, FileSource) else nullcontext(_stdin()) as named,
        os.fdopen(os.dup(named.fileno()), "rb") as file,
        _seekable(file) as found,
    ):
        yield found


def text_of(given: Source, param: str) -> str:
    """UTF-8, with or without a byte order mark. Raises OSError or InvalidField."""
    try:
        return given.content().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{given.shown}: expected UTF-8 text, got {error}"
        raise InvalidField(message, param=param) from error


def _stdin() -> BinaryIO:
    """Raises InvalidField where there is none."""
    if sys.stdin is None:  # closed by whoever started the program
        raise InvalidField("expected something on standard input, got none", param="audio")
    return sys.stdin.buffer


@contextmanager
def _seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        try:
            shutil.copyfileobj(file, copy)
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise StorageFull(
                f"expected room on the disk for a recording from a pipe, got: {error.strerror}",
                retry_after_sec=RETRY_SEC,
            ) from error
        yield copy
