"""A frontier's window: what it leaves out has no part in what follows."""

import numpy as np
import pytest
from alignments import random_log_probs

from service.search.frontier import Frontier
from service.search.trellis import Trellis, trellis_of


@pytest.fixture(scope="module")
def trellis() -> Trellis:
    targets = np.random.default_rng(1).integers(1, 6, 40)
    inner = np.arange(1, 41, 3)
    return trellis_of(random_log_probs(2, 90, 6), targets, 0, np.arange(41), -1.0, inner, -0.5)


def cut(frontier: Frontier, low: int, high: int) -> Frontier:
    """A frontier that never held anything but these pairs."""
    fresh = Frontier.at_the_start(len(frontier.labels))
    fresh.narrow(low, low)
    fresh.labels[low:high] = frontier.labels[low:high]
    fresh.gaps[:] = -np.inf
    fresh.gaps[low + 1 : high + 1] = frontier.gaps[low + 1 : high + 1]
    fresh.low, fresh.high = low, high
    return fresh


def test_what_is_left_out_does_not_come_back(trellis: Trellis) -> None:
    """After its window was narrowed and has grown again, no score stems from outside of it."""
    frontier = Frontier.at_the_start(len(trellis))
    frontier.advance(trellis, 0, 30)
    expected = cut(frontier, 8, 20)
    frontier.narrow(8, 20)
    for each in (frontier, expected):
        each.advance(trellis, 30, 50)
    assert frontier.low == expected.low == 8
    assert frontier.high == expected.high == 40
    for one, other in zip(frontier.window(), expected.window(), strict=True):
        assert np.isfinite(one).any()
        assert one.tolist() == other.tolist()


def test_a_window_keeps_what_can_reach_the_end_in_time(trellis: Trellis) -> None:
    """With as many frames left as pairs from the third on, the first three are left out."""
    frontier = Frontier.at_the_start(len(trellis))
    frontier.advance(trellis, 0, 10)
    left = len(trellis) - 1 - 3
    frontier.trim(trellis, trellis.frames - left, lambda _frame, _best: -np.inf)
    assert frontier.low == 3
    assert frontier.high == 11
