"""One side of the search: the best scores of all paths so far, in a window of the trellis."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from service.search.trellis import Floats, Ints, Trellis

WINDOW_FRAMES: Final = 64  # at most this many frames between two looks at the window
GATHERED_CELLS: Final = 1 << 18  # emissions at a time: 2 MB, so that they stay in the cache

# (frame, the best score there) -> the least score worth keeping
Threshold = Callable[[int, float], float]


@dataclass
class Frontier:
    """The best scores of all paths to each pair in a window, after some frames.

    labels: float64 [M], of paths that end in label j. gaps: float64 [M + 1], at j + 1 of paths that
    end in the gap after it. What lies before the window is out of reach for good.
    """

    labels: Floats
    gaps: Floats
    low: int  # the window is the pairs [low, high)
    high: int

    @classmethod
    def at_the_start(cls, pairs: int) -> "Frontier":
        """Before any frame: in the gap before the first label."""
        gaps = np.full(pairs + 1, -np.inf)
        gaps[1] = 0.0
        return cls(np.full(pairs, -np.inf), gaps, 0, 1)

    def window(self) -> tuple[Floats, Floats]:
        """Views of the window's labels and of the gaps after them."""
        return self.labels[self.low : self.high], self.gaps[self.low + 1 : self.high + 1]

    def narrow(self, low: int, high: int) -> None:
        """Make [low, high) the window, which must hold it."""
        self.labels[high : self.high] = -np.inf
        self.gaps[high + 1 : self.high + 1] = -np.inf
        self.gaps[low] = -np.inf
        self.low, self.high = low, high

    def advance(self, trellis: Trellis, start: int, stop: int) -> None:
        """Go on over the frames [start, stop); the window grows by as many pairs."""
        self.high = min(self.high + stop - start, len(trellis))
        labels, gaps = self.window()
        gaps_before = self.gaps[self.low : self.high]
        pauses = trellis.pauses[self.low : self.high]
        emissions = trellis.emissions(start, stop)
        free, gains = absorption(trellis, emissions, self.low, self.high)
        gathered = emissions.take(trellis.labels[self.low : self.high], axis=1, mode="clip")
        for scores, gain in zip(gathered, gains, strict=True):
            np.maximum(gaps, labels, out=gaps)
            np.maximum(labels, gaps_before, out=labels)
            np.add(labels, scores, out=labels)
            np.add(gaps, pauses, out=gaps)
            if gain > 0.0:
                gaps[free] += gain

    def trim(self, trellis: Trellis, frame: int, threshold: Threshold) -> None:
        """Leave out, at both ends, what cannot reach the end in time or is not worth keeping."""
        in_time = len(trellis) - 1 - (trellis.frames - frame)
        low = min(max(self.low, in_time), self.high - 1)
        scores = np.maximum(*self.window())[low - self.low :]
        kept = np.flatnonzero(scores >= threshold(frame, float(scores.max())))
        self.narrow(low + int(kept[0]), low + int(kept[-1]) + 1)

    def run(self, trellis: Trellis, start: int, stop: int, threshold: Threshold) -> None:
        """Go on over the frames [start, stop), looking at the window every few of them."""
        while start < stop:
            cells = self.high - self.low + WINDOW_FRAMES
            after = min(start + max(1, min(WINDOW_FRAMES, GATHERED_CELLS // cells)), stop)
            self.advance(trellis, start, after)
            self.trim(trellis, after, threshold)
            start = after


def absorption(
    trellis: Trellis, emissions: Floats, low: int, high: int
) -> tuple[Ints, list[float]]:
    """Which gaps of the pairs [low, high) are free, from `low`, and what they gain each frame."""
    first, last = np.searchsorted(trellis.free, (low, high))
    gains = emissions[:, -1] if first < last else np.zeros(len(emissions))
    return trellis.free[first:last] - low, gains.tolist()
