"""Ways to say what is written: pieces of speech, each for a stretch of the word."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, Literal, NamedTuple

# What stands around digits: the gender of what is counted, a month, or an article.
Hint = Literal["", "masculine", "feminine", "month", "definite"]

MAX_WAYS: Final = 24  # of one word; some of them are spelled alike in the end
LIKELY_OF_FIRST: Final = 5  # ways of a thing's likeliest meaning that come before all others
LIKELY_OF_OTHERS: Final = 3


class Said(NamedTuple):
    """`text` is said for the characters [begin, end); None: what is written there, as it is.

    joined: whether it is one word with what is said before it.
    """

    text: str | None
    begin: int
    end: int
    joined: bool = False


Way = tuple[Said, ...]  # one way to say a word, or a part of it


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


def merged(read: Sequence[Iterator[Way]]) -> Iterator[Way]:
    """The ways of all meanings of a thing: most of the first, some of the others, then the rest."""
    if not read:
        return
    first, *others = read
    yield from islice(first, LIKELY_OF_FIRST)
    for ways in others:
        yield from islice(ways, LIKELY_OF_OTHERS)
    yield from first


def with_sign(ways: Iterator[Way], sign: str, place: int) -> Iterator[Way]:
    """Each with the word for the sign at `place` before it, then each without: a hyphen may stand
    before an item of a list.
    """
    likely = list(islice(ways, LIKELY_OF_FIRST)) if sign else []
    yield from ((Said(sign, place, place + 1), *way) for way in likely)
    yield from likely
    yield from ways


def as_one(way: Way, begin: int, end: int) -> Way:
    """The same for all of [begin, end): a unit belongs to the number that it stands beside."""
    stretched = (way[0]._replace(begin=begin), *way[1:])
    return (*stretched[:-1], stretched[-1]._replace(end=end))
