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

from service.search.frontier import Frontier, Threshold, absorption
from service.search.trellis import Floats, Ints, Trellis, pieces

BOUNDED_PAIRS: Final = 1500  # a narrower trellis is searched sooner than it is bounded
WHOLE_FRAMES: Final = 600  # at most 6 MB of scores: so few are kept, and not computed again
BEAM_LOG_PROB: Final = 200.0  # a path this far behind the best is given up in the first search


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


@dataclass
class Progress:
    """Counts the frames of every pass over the audio, and tells the fraction done, in [0, 1]."""

    tell: Callable[[float], None]
    total: int
    done: int = 0

    def add(self, frames: int) -> None:
        """So many frames more."""
        self.done += frames
        self.tell(self.done / self.total)


def best_tokens(trellis: Trellis, on_progress: Callable[[float], None]) -> Ints:
    """The best path: int64 [T], a token or the blank a frame."""
    every = block_length(trellis.frames)
    bounded = len(trellis) > BOUNDED_PAIRS
    progress = Progress(on_progress, trellis.frames * (3 if bounded else 2))
    threshold = bound(trellis, every, progress) if bounded else everything
    checkpoints = way_forward(trellis, every, threshold, progress)
    return way_back(trellis, checkpoints, progress)


def block_length(frames: int) -> int:
    """Frames from one checkpoint to the next: of short audio all, so that the way back is the only
    one.
    """
    return frames if frames <= WHOLE_FRAMES else 2 * isqrt(frames)


def everything(_frame: int, _best: float) -> float:
    """Leaves nothing out."""
    return -np.inf


def bound(trellis: Trellis, every: int, progress: Progress) -> Threshold:
    """What no state of the best path falls below; nothing, where no path was found."""
    frontier = Frontier.at_the_start(len(trellis))
    for start, stop in pieces(trellis.frames, every):
        frontier.run(trellis, start, stop, lambda _, best: best - BEAM_LOG_PROB)
        progress.add(stop - start)
    feasible = max(float(frontier.labels[-1]), float(frontier.gaps[-1]))
    if feasible == -np.inf:
        return everything
    remaining = trellis.remaining()
    # Three sums of T terms are compared, none of whose partial sums is larger than the last factor.
    rounding = 4 * trellis.frames * np.finfo(np.float64).eps * (abs(feasible) + remaining[0])
    return lambda frame, _: feasible - float(remaining[frame]) - rounding


def way_forward(
    trellis: Trellis, every: int, threshold: Threshold, progress: Progress
) -> list[Checkpoint]:
    """The scores before each block of `every` frames."""
    frontier = Frontier.at_the_start(len(trellis))
    checkpoints = []
    for start, stop in pieces(trellis.frames, every):
        checkpoints.append(Checkpoint.of(frontier, start))
        if stop < trellis.frames:
            frontier.run(trellis, start, stop, threshold)
        progress.add(stop - start)
    return checkpoints


class Place(NamedTuple):
    """A state of the trellis: in a pair's label, or in the gap after it."""

    pair: int
    in_label: bool


def way_back(trellis: Trellis, checkpoints: list[Checkpoint], progress: Progress) -> Ints:
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
        progress.add(stop - checkpoint.frame)
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
    pauses = trellis.pauses[base + 1 : last + 1]
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
        np.add(gap, pauses, out=gap)
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
