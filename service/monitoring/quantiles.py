"""Quantiles of durations in memory that does not grow.

DDSketch (Masson, Rim and Lee, VLDB 2019): counts in bins whose borders grow by a constant factor,
so that every quantile is within RELATIVE_ERROR of a value that was really seen, whatever the
distribution. There are so many bins as SHORTEST_SEC to LONGEST_SEC need; durations beyond count in
the outermost.
"""

import math
import operator
import time
from array import array
from collections.abc import Callable
from typing import Final, NamedTuple

RELATIVE_ERROR: Final = 0.01
SHORTEST_SEC: Final = 1e-4
LONGEST_SEC: Final = 1e5  # a day, and a little
GROWTH: Final = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)  # from a bin to the next
_LOG_GROWTH: Final = math.log(GROWTH)
_FIRST: Final = math.ceil(math.log(SHORTEST_SEC) / _LOG_GROWTH)
BINS: Final = math.ceil(math.log(LONGEST_SEC) / _LOG_GROWTH) - _FIRST + 1  # 8 bytes each
WINDOW_SEC: Final = 300.0

Clock = Callable[[], float]


class Percentiles(NamedTuple):
    """Seconds, of so many durations; None where there are none."""

    of: int
    p50: float | None
    p95: float | None
    p99: float | None


class Sketch:
    """Counts by bin."""

    def __init__(self) -> None:
        self.count = 0
        self._bins = array("Q", bytes(8 * BINS))

    def add(self, seconds: float) -> None:
        """Count a duration."""
        clipped = min(max(seconds, SHORTEST_SEC), LONGEST_SEC)
        self._bins[math.ceil(math.log(clipped) / _LOG_GROWTH) - _FIRST] += 1
        self.count += 1

    def __add__(self, other: "Sketch") -> "Sketch":
        """What both have counted."""
        both = Sketch()
        both.count = self.count + other.count
        both._bins = array("Q", map(operator.add, self._bins, other._bins))
        return both

    def quantile(self, share: float) -> float | None:
        """The duration that `share` in [0, 1] of those counted do not pass; None if there are none.

        Of n sorted durations that is the one at floor(share * (n - 1)), from 0.
        """
        rank = math.floor(share * (self.count - 1))
        passed = 0
        for index, count in enumerate(self._bins):
            passed += count
            if passed > rank >= 0:
                return 2 * GROWTH ** (index + _FIRST) / (GROWTH + 1)
        return None

    def percentiles(self) -> Percentiles:
        """The median and what only few pass."""
        return Percentiles(self.count, *(self.quantile(share) for share in (0.5, 0.95, 0.99)))


class Latencies:
    """Durations since the start, and those of the last one to two windows."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.all = Sketch()
        self._clock = clock
        self._began = clock()
        self._now, self._before = Sketch(), Sketch()

    def add(self, seconds: float) -> None:
        """Count a duration that ends now."""
        self._turn()
        self.all.add(seconds)
        self._now.add(seconds)

    def recent(self) -> Sketch:
        """Of the last WINDOW_SEC to 2 * WINDOW_SEC."""
        self._turn()
        return self._before + self._now

    def _turn(self) -> None:
        windows = math.floor((self._clock() - self._began) / WINDOW_SEC)
        if windows:
            self._before = self._now if windows == 1 else Sketch()
            self._now = Sketch()
            self._began += windows * WINDOW_SEC
