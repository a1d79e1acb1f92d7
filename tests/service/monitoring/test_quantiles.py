"""Quantiles in memory that does not grow, against sorting everything."""

import math

from hypothesis import given
from hypothesis import strategies as st

from service.monitoring.quantiles import (
    BINS,
    LONGEST_SEC,
    RELATIVE_ERROR,
    SHORTEST_SEC,
    WINDOW_SEC,
    Latencies,
    Sketch,
)

DURATIONS = st.lists(st.floats(SHORTEST_SEC, LONGEST_SEC), min_size=1, max_size=200)
SHARES = st.floats(0, 1)
ROUNDING = 1e-9


def sketch_of(durations: list[float]) -> Sketch:
    sketch = Sketch()
    for seconds in durations:
        sketch.add(seconds)
    return sketch


@given(DURATIONS, SHARES)
def test_a_quantile_is_near_the_one_of_the_sorted_durations(
    durations: list[float], share: float
) -> None:
    """Within the stated relative error, whatever was counted."""
    found = sketch_of(durations).quantile(share)
    exact = sorted(durations)[math.floor(share * (len(durations) - 1))]
    assert found is not None
    assert abs(found - exact) <= (RELATIVE_ERROR + ROUNDING) * exact


@given(DURATIONS, DURATIONS, SHARES)
def test_two_sketches_add_up_to_one_of_all(
    one: list[float], other: list[float], share: float
) -> None:
    """As if all had been counted in one place."""
    both = sketch_of(one) + sketch_of(other)
    assert both.count == len(one) + len(other)
    assert both.quantile(share) == sketch_of(one + other).quantile(share)


@given(st.floats(min_value=0, allow_infinity=False))
def test_durations_beyond_the_bins_count_in_the_outermost(seconds: float) -> None:
    """Nothing is lost, nothing fails, and nothing grows."""
    sketch = sketch_of([seconds])
    found = sketch.quantile(0.5)
    assert found is not None
    assert SHORTEST_SEC * 0.98 <= found <= LONGEST_SEC * 1.02
    assert len(sketch._bins) == BINS < 1100


def test_of_nothing_there_are_no_quantiles() -> None:
    """None, not 0."""
    assert Sketch().percentiles() == (0, None, None, None)


def test_recent_latencies_are_those_of_the_last_windows() -> None:
    """What is older than two windows is forgotten, and stays in those since the start."""
    now = 0.0
    latencies = Latencies(lambda: now)
    latencies.add(1.0)
    assert latencies.recent().count == 1
    now = 1.5 * WINDOW_SEC
    latencies.add(2.0)
    assert latencies.recent().count == 2
    now = 2.5 * WINDOW_SEC
    assert latencies.recent().count == 1
    assert latencies.recent().quantile(1) == sketch_of([2.0]).quantile(1)
    now = 9.5 * WINDOW_SEC
    assert latencies.recent().count == 0
    assert latencies.all.count == 2
