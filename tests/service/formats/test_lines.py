import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.formats.lines import balanced, filled, width_of

widths = st.lists(st.integers(0, 9), min_size=1, max_size=8)


def line_widths(of: list[int], starts: list[int]) -> list[int]:
    lines = [of[a:b] for a, b in itertools.pairwise([*starts, len(of)])]
    return [sum(line) + len(line) - 1 for line in lines]


@given(widths, st.integers(1, 30))
def test_balanced_lines_are_few_and_then_narrow(of: list[int], width: int) -> None:
    """As few as filling them gives, and no division into so many has a narrower widest line, but
    for words that are wider than a line.
    """
    starts = balanced(of, width)
    count = len(filled(of, width))
    assert starts[0] == 0
    assert len(starts) == count
    best = min(
        max(line_widths(of, [0, *cuts]))
        for cuts in itertools.combinations(range(1, len(of)), count - 1)
    )
    if best <= width:
        assert max(line_widths(of, starts)) == best


@pytest.mark.parametrize(
    ("text", "width"), [("וַיֹּאמֶר", 5), ("नमस्ते", 4), ("a\u200fb\u2060", 2), ("", 0), ("शि", 2)]
)
def test_marks_take_no_room(text: str, width: int) -> None:
    """Hebrew points, Devanagari signs above and below, joiners and marks of direction."""
    assert width_of(text) == width
