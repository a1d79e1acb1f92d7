"""Long rows of digits as they are read aloud: one by one, or in pairs."""

from collections.abc import Callable, Iterator, Sequence

from service.text.spoken.numerals import Whole
from service.text.spoken.saying import Said, Way

Say = Callable[[str], str]  # a few digits -> how they are said, with the zeros that begin them


def row_ways(groups: Sequence[Whole], say: Say) -> Iterator[Way]:
    """One by one; in pairs, with an odd digit first or last; in pairs after three together."""
    yield _grouped(groups, say, _one_by_one)
    yield _grouped(groups, say, _odd_first)
    yield _grouped(groups, say, _three_first)
    yield _grouped(groups, say, _odd_last)


def one_by_one(number: Whole, say: Say) -> Way:
    """A single number, digit by digit."""
    return _grouped([number], say, _one_by_one)


def _grouped(groups: Sequence[Whole], say: Say, cut: Callable[[int], Sequence[int]]) -> Way:
    return tuple(
        Said(say(group.digits[begin:end]), group.begin + begin, group.begin + end)
        for group in groups
        for begin, end in _between(cut(len(group.digits)), len(group.digits))
    )


def _between(starts: Sequence[int], end: int) -> Iterator[tuple[int, int]]:
    yield from zip(starts, [*starts[1:], end], strict=True)


def _one_by_one(count: int) -> Sequence[int]:
    return range(count)


def _odd_first(count: int) -> Sequence[int]:
    return sorted({0, *range(count % 2, count, 2)})


def _odd_last(count: int) -> Sequence[int]:
    return range(0, count, 2)


def _three_first(count: int) -> Sequence[int]:
    return [0, *range(3, count, 2)] if count % 2 else _odd_last(count)
