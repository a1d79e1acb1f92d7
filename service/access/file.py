"""The file of keys, read again when it has changed."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from service.access.keys import Key
from service.access.lines import KeysError, read_keys

logger = logging.getLogger(__name__)

CHECK_SEC: Final = 2.0  # how old the answer to "has it changed?" may be
MAX_BYTES: Final = 1 << 18  # over a thousand keys; read in a millisecond or two
Stamp = tuple[int, int, int]


class KeyFile:
    """The keys as of the last readable version of a file.

    A stat every few seconds costs microseconds, which the event loop can spare. A version that
    cannot be read leaves the keys as they are: a slip of the pen locks nobody out, and lets nobody
    in.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises KeysError: nothing is served by guesswork."""
        self._path, self._clock = path, clock
        self._stamp: Stamp | None = None
        self._checked = clock()
        self.fault: str | None = None
        self.keys = self._read()

    def refresh(self) -> tuple[Key, ...]:
        """The keys that hold now."""
        now = self._clock()
        if now - self._checked >= CHECK_SEC:
            self._checked = now
            self._take_over()
        return self.keys

    def _take_over(self) -> None:
        before = self._stamp
        try:
            if _stamp(self._path) == before:
                return
            self.keys = self._read()
        except KeysError as error:
            self._tell(str(error))
        except OSError as error:
            self._stamp = None
            self._tell(f"expected a file that can be read, got: {error.strerror}")
        else:
            self.fault = None
            logger.info("API keys were read again: %d", len(self.keys))

    def _tell(self, fault: str) -> None:
        if fault != self.fault:
            logger.error("API keys stay as they were: %s", fault)
        self.fault = fault

    def _read(self) -> tuple[Key, ...]:
        try:
            self._stamp = _stamp(self._path)
            with self._path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            text = content.decode("utf-8")
        except OSError as error:
            raise KeysError(
                f"expected API keys in {self._path}, got: {error.strerror or error}"
            ) from error
        except UnicodeDecodeError as error:
            raise KeysError(f"expected API keys in UTF-8 in {self._path}, got others") from error
        if len(content) > MAX_BYTES:
            raise KeysError(f"expected at most {MAX_BYTES} bytes in {self._path}, got more")
        return read_keys(text)


def _stamp(path: Path) -> Stamp:
    """What changes with a file; a mounted Secret is swapped by a link, and has another inode."""
    found = path.stat()
    return found.st_mtime_ns, found.st_ino, found.st_size
