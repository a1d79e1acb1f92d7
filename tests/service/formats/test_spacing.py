import itertools

from hypothesis import given
from hypothesis import strategies as st

from service.formats.spacing import LEAST_MS, Span, apart

spans = st.lists(st.builds(Span, st.integers(0, 300), st.integers(0, 300)), max_size=12).map(sorted)


@given(spans, st.integers(0, 400))
def test_spans_stand_apart(of: list[Span], last: int) -> None:
    """Each lasts, none overlaps, and none passes the end while there is room for all."""
    moved = apart(of, last)
    assert len(moved) == len(of)
    assert all(span.start >= 0 and span.end - span.start >= LEAST_MS for span in moved)
    assert all(a.end <= b.start for a, b in itertools.pairwise(moved))
    if moved and last >= LEAST_MS * len(moved):
        assert moved[-1].end <= last


@given(st.lists(st.integers(LEAST_MS, 50), max_size=9), st.lists(st.integers(0, 20), min_size=9))
def test_spans_that_stand_apart_stay(lengths: list[int], gaps: list[int]) -> None:
    """Nothing is moved that need not be."""
    place, given_spans = 0, []
    for length, gap in zip(lengths, gaps, strict=False):
        given_spans.append(Span(place + gap, place + gap + length))
        place = given_spans[-1].end
    assert apart(given_spans, place) == given_spans
