"""Files that are there whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, TextIO

NEW_MODE: Final = 0o666  # what open() asks for, before the umask takes from it


class Unwritable(OSError):
    """A file that could not be written: its number, its reason, its name."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and put it there at once; what stood there stays until then,
    and its permissions stay. A device or a pipe is written to.

    Raises Unwritable; an interrupted write leaves nothing behind.
    """
    with replacing(path) as file:
        file.write(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """The same for what is written piece by piece; for one thread at a time."""
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as device:
                yield device
        else:
            with _beside(path.resolve()) as file:
                yield file
    except OSError as error:
        raise Unwritable(error.errno, error.strerror, str(path)) from error


def write_output(output: TextIO, content: bytes) -> None:
    """Write all of it to standard output. Raises Unwritable; nothing is left to be written then."""
    try:
        output.buffer.write(content)
        output.buffer.flush()
    except OSError as error:
        # What could not be written would be tried once more when the process ends.
        with contextlib.suppress(OSError):
            output.buffer.close()
        raise Unwritable(error.errno, error.strerror, "standard output") from error


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[BinaryIO]:
    mode = path.stat().st_mode & 0o777 if path.exists() else NEW_MODE & ~_umask()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            os.fchmod(file.fileno(), mode)
        Path(name).replace(path)
    except BaseException:  # an interrupt, too
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The process's; it can only be read by setting it, so that one thread alone may write."""
    umask = os.umask(0)
    os.umask(umask)
    return umask
