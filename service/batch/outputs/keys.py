"""Hashes of what an answer depends on: the recording, the text, the options and the models."""

import hashlib
import re
from array import array
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.batch.task import Task

_KEY: Final = re.compile("[0-9a-f]{16}")
DIGITS: Final = 16  # hexadecimal, 64 bits: of two million, two are equal with a chance of 1e-7


def key_of(task: Task, run: str) -> str:
    """run: what all answers of a run depend on. Raises OSError, or ValueError for a path that no
    file can have.

    A recording is known by its size and the time of its last change, a text by what it says.
    """
    digest = hashlib.sha256()
    audio = task.audio.stamp() if task.audio else ""
    beside = task.beside.content() if task.beside else b""
    for part in (run, task.name, audio):
        digest.update(part.encode(errors="surrogateescape") + b"\0")
    digest.update(beside)
    return digest.hexdigest()[:DIGITS]


def name_key(name: str) -> str:
    """Of a name alone."""
    return hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:DIGITS]


class Keys:
    """A set of keys in 8 bytes each: there may be millions. Filled first, asked then."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._numbers = array("Q")
        self._sorted = np.zeros(0, np.uint64)
        for key in keys:
            self.add(key)

    def add(self, key: str) -> None:
        """One more; what is no key is passed over."""
        if _KEY.fullmatch(key):
            self._numbers.append(int(key, 16))

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, key: str) -> bool:
        numbers, number = self._in_order(), int(key, 16)
        place = np.searchsorted(numbers, np.uint64(number))
        return bool(place < len(numbers) and numbers[place] == number)

    def repeated(self) -> str | None:
        """A key that was added twice, if there is any."""
        numbers = self._in_order()
        again = np.flatnonzero(numbers[1:] == numbers[:-1])
        return f"{int(numbers[again[0]]):0{DIGITS}x}" if len(again) else None

    def _in_order(self) -> NDArray[np.uint64]:
        if len(self._sorted) != len(self._numbers):
            self._sorted = np.sort(np.array(self._numbers, np.uint64))
        return self._sorted


def are_last(names: Iterable[str]) -> NDArray[np.bool_]:
    """Of each name, whether it does not come again: bool [n]. 8 bytes a name are kept meanwhile."""
    numbers = np.array(array("Q", (int(name_key(name), 16) for name in names)), np.uint64)
    last = np.zeros(len(numbers), np.bool_)
    _, places = np.unique(numbers[::-1], return_index=True)
    last[len(numbers) - 1 - places] = True
    return last
