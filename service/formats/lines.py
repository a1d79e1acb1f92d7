"""Words on lines: how wide they are, and lines of about the same width."""

import unicodedata
from collections.abc import Sequence
from typing import Final

_TAKES_NO_ROOM: Final = frozenset({"Mn", "Me", "Cf"})  # points, vowel signs above, joiners, marks


def width_of(text: str) -> int:
    """Characters that take room: without Hebrew points and what stands on Devanagari letters."""
    return sum(unicodedata.category(character) not in _TAKES_NO_ROOM for character in text)


def filled(widths: Sequence[int], max_width: int) -> list[int]:
    """The places at which lines begin, each filled as far as it goes; words are parted by a space.

    A word that is wider than a line has one of its own.
    """
    starts: list[int] = []
    room = -1
    for place, width in enumerate(widths):
        room -= width + 1
        if room < 0:
            starts.append(place)
            room = max_width - width
    return starts


def balanced(widths: Sequence[int], max_width: int) -> list[int]:
    """The same with as few lines, the widest of them as narrow as it can be."""
    count = len(filled(widths, max_width))
    low, high = 1, max_width
    while low < high:
        middle = (low + high) // 2
        if len(filled(widths, middle)) <= count:
            high = middle
        else:
            low = middle + 1
    return filled(widths, high)
