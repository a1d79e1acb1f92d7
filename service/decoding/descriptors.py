"""Files without names, handed from process to process by their descriptors."""

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, Final, cast

from service.samples import told_full

COPY_BYTES: Final = 1 << 20


@contextlib.contextmanager
def descriptor_of(source: BinaryIO) -> Iterator[int]:
    """A descriptor of what `source` holds: its own, or of a copy where it is in memory."""
    if _in_memory(source):
        with memory_file() as copy:
            source.seek(0)
            while block := source.read(COPY_BYTES):
                copy.write(block)
            copy.flush()
            yield copy.fileno()
    else:
        if source.writable():
            source.flush()
        yield source.fileno()


def memory_file() -> BinaryIO:
    """An empty file in memory, or without a name on the disk where a system has none such.

    The caller closes it.
    """
    if hasattr(os, "memfd_create"):  # not on macOS
        return os.fdopen(os.memfd_create("audio"), "w+b", buffering=0)
    return disk_file()


def disk_file() -> BinaryIO:
    """An empty file without a name on the disk. The caller closes it. Raises StorageFull."""
    with told_full():
        return cast("BinaryIO", tempfile.TemporaryFile(buffering=0))


class Positional(io.RawIOBase):
    """A descriptor's bytes, read at a place of the reader's own: the descriptor's is shared with
    the process that it came from. It owns the descriptor.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._place = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a byte. Raises ValueError for one before the first."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"expected a place in the file, got {base + offset}")
        self._place = base + offset
        return self._place

    def tell(self) -> int:
        """The byte that is read next."""
        return self._place

    def readinto(self, buffer: "memoryview | bytearray", /) -> int:  # type: ignore[override]  # no such type before 3.12
        """Read as much as fits and is there."""
        count = os.preadv(self._descriptor, [buffer], self._place)
        self._place += count
        return count

    def close(self) -> None:
        """Let go of the descriptor."""
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def _in_memory(source: BinaryIO) -> bool:
    """Whether it has no descriptor, or would have to be written to the disk for one."""
    if getattr(source, "_rolled", True) is False:  # SpooledTemporaryFile.fileno() rolls it over
        return True
    try:
        source.fileno()
    except OSError:
        return True
    return False
