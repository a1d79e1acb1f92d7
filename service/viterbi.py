"""Viterbi search over a CTC trellis: exact, in bounded memory, over the states that can matter.

The way forward keeps the scores before every so many frames, the way back recomputes the frames
between them, over the labels that a path can have passed there.

What is left out is left out by proof. A first search, which gives up paths far behind the best,
finds a path, if not always the best; its score S is a lower bound. A state scored f after t frames
lies on no path better than f + h[t], h[t] being the sum of the highest scores on the later frames;
if that is less than S, not on the best one. The exact search leaves such states out at both ends of
its window. Where the bound does not help, the window is all that can be reached.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from typing import Final, NamedTuple

import numpy as np

from service.trellis import Floats, Ints, Trellis

WINDOW_FRAMES: Final = 32  # at most this many frames between two looks at the window
GATHERED_CELLS: Final = 1 << 17  # emissions at a time: 1 MB, so that they stay in the cache
WHOLE_CELLS: Final = 1 << 16  # a trellis of no more cells is kept whole: 1 MB
BOUNDED_PAIRS: Final = 1500  # a narrower trellis is searched sooner than it is bounded
BEAM_LOG_PROB: Final = 200.0  # a path this far behind the best is given up in the first search

Threshold = Callable[
    [int, float], float
]  # (frame, the best score there) -> the least worth keeping
Progress = Callable[[float], None]  # the fraction done, in [0, 1]


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
        emissions = trellis.emissions(start, stop)
        free, gains = absorption(trellis, emissions, self.low, self.high)
        gathered = emissions.take(trellis.labels[self.low : self.high], axis=1, mode="clip")
        for scores, gain in zip(gathered, gains, strict=True):
            np.maximum(gaps, labels, out=gaps)
            np.maximum(labels, gaps_before, out=labels)
            np.add(labels, scores, out=labels)
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


@dataclass(frozen=True)
class Checkpoint:
    """A frontier's window, kept for the way back."""

    frame: int
    low: int
    labels: Floats
    gaps: Floats

    @classmethod
    def of(cls, frontier: Frontier, frame: int) -> "Checkpoint":
        """A copy."""
        labels, gaps = frontier.window()
        return cls(frame, frontier.low, labels.copy(), gaps.copy())

    def rows(self, stop: int, base: int, last: int) -> tuple[Floats, Floats]:
        """Room for the scores of the pairs [base, last] after each frame up to `stop`.

        Its own scores stand in the first row, -inf everywhere else.
        """
        shape = stop - self.frame + 1, last - base + 1
        labels, gaps = np.full(shape, -np.inf), np.full(shape, -np.inf)
        first = base + 1 - self.low
        known = min(last - base, len(self.labels) - first)
        labels[0, 1 : known + 1] = self.labels[first : first + known]
        gaps[0, 1 : known + 1] = self.gaps[first : first + known]
        return labels, gaps


def absorption(
    trellis: Trellis, emissions: Floats, low: int, high: int
) -> tuple[Ints, list[float]]:
    """Which gaps of the pairs [low, high) are free, from `low`, and what they gain each frame."""
    first, last = np.searchsorted(trellis.free, (low, high))
    gains = emissions[:, -1] if first < last else np.zeros(len(emissions))
    return trellis.free[first:last] - low, gains.tolist()


def best_tokens(trellis: Trellis, on_progress: Progress) -> Ints:
    """The best path: int64 [T], a token or the blank a frame."""
    every = trellis.frames
    if every * len(trellis) > WHOLE_CELLS:
        every = 2 * isqrt(every)
    threshold = bound(trellis) if len(trellis) > BOUNDED_PAIRS else everything
    checkpoints = way_forward(trellis, every, threshold, on_progress)
    return way_back(trellis, checkpoints)


def everything(_frame: int, _best: float) -> float:
    """Leaves nothing out."""
    return -np.inf


def bound(trellis: Trellis) -> Threshold:
    """What no state of the best path falls below."""
    frontier = Frontier.at_the_start(len(trellis))
    frontier.run(trellis, 0, trellis.frames, lambda _frame, best: best - BEAM_LOG_PROB)
    feasible = max(float(frontier.labels[-1]), float(frontier.gaps[-1]))
    if feasible == -np.inf:
        return everything
    remaining = trellis.remaining()
    # No sum of T terms in float64 is further from the true one.
    rounding = 4 * trellis.frames * np.finfo(np.float64).eps * (abs(feasible) + remaining[0])
    return lambda frame, _best: feasible - float(remaining[frame]) - rounding


def way_forward(
    trellis: Trellis, every: int, threshold: Threshold, on_progress: Progress
) -> list[Checkpoint]:
    """The scores before each block of `every` frames."""
    frontier = Frontier.at_the_start(len(trellis))
    checkpoints = [Checkpoint.of(frontier, 0)]
    for start in range(0, trellis.frames - every, every):
        frontier.run(trellis, start, start + every, threshold)
        checkpoints.append(Checkpoint.of(frontier, start + every))
        on_progress((start + every) / trellis.frames)
    return checkpoints


class Place(NamedTuple):
    """A state of the trellis: in a pair's label, or in the gap after it."""

    pair: int
    in_label: bool


def way_back(trellis: Trellis, checkpoints: list[Checkpoint]) -> Ints:
    """The tokens of the best path, found block by block from its end."""
    path = np.empty(trellis.frames, dtype=np.int64)
    stop, place = trellis.frames, None
    while checkpoints:
        checkpoint = checkpoints.pop()
        last = place.pair if place else len(trellis) - 1
        base = max(checkpoint.low, last - (stop - checkpoint.frame)) - 1
        labels, gaps = recomputed(trellis, checkpoint, stop, base, last)
        place = place or Place(last, bool(labels[-1, -1] > gaps[-1, -1]))
        place = walked(labels, gaps, base, place, path[checkpoint.frame : stop])
        stop = checkpoint.frame
    return trellis.tokens[path]


def recomputed(
    trellis: Trellis, checkpoint: Checkpoint, stop: int, base: int, last: int
) -> tuple[Floats, Floats]:
    """The scores after each frame from a checkpoint to `stop`, of the pairs from `base` to `last`.

    Labels and gaps, float64 [stop - checkpoint.frame + 1, last - base + 1]; the checkpoint's come
    first. The pair `base` is one that no path has passed.
    """
    labels, gaps = checkpoint.rows(stop, base, last)
    emissions = trellis.emissions(checkpoint.frame, stop)
    labels[1:, 1:] = emissions.take(trellis.labels[base + 1 : last + 1], axis=1, mode="clip")
    free, gains = absorption(trellis, emissions, base + 1, last + 1)
    best = np.empty(last - base)
    own_labels, own_gaps, gaps_before = labels[:, 1:], gaps[:, 1:], gaps[:, :-1]
    for label_was, gap_was, label, gap, gap_before, gain in zip(
        own_labels[:-1],
        own_gaps[:-1],
        own_labels[1:],
        own_gaps[1:],
        gaps_before[1:],
        gains,
        strict=True,
    ):
        np.maximum(gap_was, label_was, out=gap)
        np.maximum(label_was, gap_before, out=best)
        np.add(label, best, out=label)
        if gain > 0.0:
            gap[free] += gain
    return labels, gaps


def walked(labels: Floats, gaps: Floats, base: int, place: Place, path: Ints) -> Place:
    """Write the pair whose label each frame is in, 0 for a gap, to `path`; where it came from."""
    label, gap = labels.data, gaps.data  # a view's cells are read faster than an array's
    pair, in_label = place.pair - base, place.in_label
    for frame in range(len(path) - 1, -1, -1):
        path[frame] = pair + base if in_label else 0
        if in_label:
            if label[frame, pair] >= max(label[frame, pair - 1], gap[frame, pair - 1]):
                continue
            pair -= 1
        in_label = label[frame, pair] > gap[frame, pair]
    return Place(pair + base, in_label)
