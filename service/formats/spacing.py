"""Times of cues that stand apart: none overlaps another, and each lasts a moment."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

LEAST_MS: Final = 10  # that a cue lasts; ASS counts in hundredths of a second


class Span(NamedTuple):
    """Start and end in milliseconds."""

    start: int
    end: int


def apart(spans: Sequence[Span], last: int) -> list[Span]:
    """Spans in their order, each at least LEAST_MS long and not before the end of the one before.

    None ends after `last`, in milliseconds, while there are LEAST_MS for each.
    """
    moved = list(_pushed_on(spans))
    if not moved or moved[-1].end <= last:
        return moved
    return list(_pushed_on(_pushed_back(moved, last)))


def _pushed_on(spans: Sequence[Span]) -> Iterator[Span]:
    over = 0
    for start, end in spans:
        begin = max(start, over)
        over = max(end, begin + LEAST_MS)
        yield Span(begin, over)


def _pushed_back(spans: Sequence[Span], last: int) -> list[Span]:
    moved = []
    latest = last
    for start, end in reversed(spans):
        over = min(end, latest)
        latest = min(start, over - LEAST_MS)
        moved.append(Span(latest, over))
    return moved[::-1]
