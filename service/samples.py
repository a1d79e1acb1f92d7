"""Samples in memory or in a file, read by slices either way.

Audio may be hours long, and a minute of it takes 4 MB: what is long goes to a file that has no name
and is gone when it is closed, or when the process ends, however it ends. It is read in blocks, not
mapped, because mapped pages count as the process's memory.
"""

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from service.errors import StorageFull

Waveform = NDArray[np.float32]

IN_MEMORY_SAMPLES: Final = 1 << 20  # 4 MiB, 65 s at 16 kHz
BLOCK_SAMPLES: Final = 1 << 17  # of one reading
BUFFER_BYTES: Final = 1 << 18  # decoders give a kilobyte at a time
SAMPLE_BYTES: Final = np.dtype(np.float32).itemsize
RETRY_SEC: Final = 60  # others' audio goes as their requests end
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Samples(Protocol):
    """Mono samples, float32. An array is one; other kinds read what is sliced out of them."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, span: slice, /) -> Waveform:
        """float32 [last - first] of the slice first:last, within the samples that there are."""


class StoredSamples:
    """Samples in a file that is theirs. Reading keeps no place, so that threads may share it."""

    def __init__(self, file: IO[bytes], count: int) -> None:
        self._file = file
        self._count = count

    def __len__(self) -> int:
        """How many there are."""
        return self._count

    def __getitem__(self, span: slice, /) -> Waveform:
        """float32 [last - first], read now. Raises ValueError once closed, or for steps."""
        first, last, step = span.indices(self._count)
        if step != 1:
            raise ValueError(f"expected a slice of neighbouring samples, got steps of {step}")
        waveform = np.empty(max(0, last - first), np.float32)
        place = first * SAMPLE_BYTES
        read = os.preadv(self._file.fileno(), [waveform.data], place)
        if read != waveform.nbytes:
            raise OSError(f"expected {waveform.nbytes} bytes at {place}, got {read}")
        return waveform

    def close(self) -> None:
        """Let go of the file, which is gone with that."""
        self._file.close()


def temporary_file() -> IO[bytes]:
    """A file without a name in the system's folder for such, for whom it is to close."""
    return tempfile.TemporaryFile(buffering=BUFFER_BYTES)


class Spool:
    """Takes samples as they come: in memory while they are few, in an unnamed file from then on,
    which `open_file` makes.

    Whoever makes one closes it, or what `finish` gave.
    """

    def __init__(self, open_file: Callable[[], IO[bytes]] = temporary_file) -> None:
        self._open_file = open_file
        self._pieces: list[Waveform] = []
        self._count = 0
        self._file: IO[bytes] | None = None

    def write(self, piece: Waveform) -> None:
        """Append float32 [n]. Raises StorageFull where the disk does not hold them."""
        self._count += len(piece)
        self._pieces.append(piece)
        if self._count > IN_MEMORY_SAMPLES:
            self._store()

    def finish(self) -> Samples:
        """All samples, an array where they are few. Raises StorageFull."""
        if self._file is None:
            return np.concatenate([np.zeros(0, np.float32), *self._pieces])
        self._store()
        with told_full():
            self._file.flush()
        return StoredSamples(self._file, self._count)

    def close(self) -> None:
        """Give up what has come."""
        self._pieces.clear()
        if self._file is not None:
            # What is buffered may not fit the disk any more, and is not wanted either.
            with contextlib.suppress(OSError):
                self._file.close()

    def _store(self) -> None:
        with told_full():
            if self._file is None:
                self._file = self._open_file()
            for piece in self._pieces:
                self._file.write(np.ascontiguousarray(piece, np.float32).data)
        self._pieces.clear()


def blocks(samples: Samples, size: int = BLOCK_SAMPLES) -> Iterator[Waveform]:
    """All samples in order, float32 [size] at a time, the last block with what is left."""
    for first in range(0, len(samples), size):
        yield samples[first : first + size]


@contextlib.contextmanager
def told_full() -> Iterator[None]:
    """Turns the system's complaint about a full disk into StorageFull."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise StorageFull(
            f"expected room on the disk for long audio, got: {error.strerror}",
            retry_after_sec=RETRY_SEC,
        ) from error
