"""Ways to say what is written: pieces of speech, each for a stretch of the word."""

from collections.abc import Sequence
from typing import Final, NamedTuple

MAX_WAYS: Final = 24  # of one word; some of them are spelled alike in the end


class Said(NamedTuple):
    """`text` is said for the characters [begin, end); None: what is written there, as it is.

    joined: whether it is one word with what is said before it.
    """

    text: str | None
    begin: int
    end: int
    joined: bool = False


Way = tuple[Said, ...]  # one way to say a word, or a part of it


class Expression(NamedTuple):
    """A part [begin, end) of a word, and the ways to say it, best guess first, at least one."""

    begin: int
    end: int
    ways: tuple[Way, ...]


def combined(choices: Sequence[Sequence[Way]]) -> list[Way]:
    """Ways to say several parts one after the other, the likeliest first: those that choose the
    first way of most parts. At most MAX_WAYS.
    """
    found: list[tuple[int, Way]] = [(0, ())]
    for ways in choices:
        longer = [
            (rank + index, (*way, *other))
            for rank, way in found
            for index, other in enumerate(ways)
        ]
        found = sorted(longer, key=lambda ranked: ranked[0])[:MAX_WAYS]
    return [way for _, way in found]
