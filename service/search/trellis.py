"""The states of CTC forced alignment and what each frame says about them.

Pair j of the trellis is "in label j" and "in the gap after it"; pair 0 has the gap before the first
label alone. Between two equal labels stands one more, the blank that must part them: so every label
may follow its neighbour at once, and a text needs as many frames as it has pairs beyond the first.

All scores are relative to a path of blanks alone, so that a blank costs no addition. Free gaps gain
what absorbing a frame is cheaper than its blank.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LogProbs = NDArray[np.float32] | NDArray[np.float16]

SURVEY_FRAMES: Final = 512  # read at a time


@dataclass(frozen=True)
class Trellis:
    """A text's states over a matrix of emissions, which is read in pieces and never copied whole.

    tokens: int64 [M], of each pair's label, the blank for pair 0 and where equal labels are parted.
    columns: int64 [U], the distinct tokens of the text. labels: int64 [M], where in a row of
    `emissions` a label's score stands. free: int64 [F], ascending, the pairs with a free gap.
    """

    log_probs: LogProbs
    blank_id: int
    absorb: float
    floor: float  # stands for a log-probability of -inf: worse than all finite ones together
    tokens: Ints
    columns: Ints
    labels: Ints
    free: Ints

    def __len__(self) -> int:
        """The pairs."""
        return len(self.tokens)

    @property
    def frames(self) -> int:
        """T."""
        return len(self.log_probs)

    def emissions(self, start: int, stop: int) -> Floats:
        """float64 [stop - start, U + 2], the distinct tokens' log-probabilities less the blank's.

        The last two columns are what a blank counts in a gap that is not free, 0, and in one that
        is: the gain of absorbing the frame, 0 or more.
        """
        frames = self.log_probs[start:stop]
        blank = np.maximum(frames[:, self.blank_id].astype(np.float64), self.floor)
        relative = np.empty((len(frames), len(self.columns) + 2))
        relative[:, :-2] = frames[:, self.columns]
        np.maximum(relative[:, :-2], self.floor, out=relative[:, :-2])
        relative[:, :-2] -= blank[:, None]
        relative[:, -2] = 0.0
        relative[:, -1] = np.maximum(self.absorb - blank, 0.0) if len(self.free) else 0.0
        return relative

    def remaining(self) -> Floats:
        """float64 [T + 1], at t the most that any path can gain on the frames from t on."""
        ceilings = np.zeros(self.frames + 1)
        for start, stop in pieces(self.frames, SURVEY_FRAMES):
            ceilings[start:stop] = self.emissions(start, stop).max(axis=1)
        return np.cumsum(ceilings[::-1])[::-1]


def trellis_of(
    log_probs: LogProbs, targets: Ints, blank_id: int, free: Ints, absorb: float
) -> Trellis:
    """The trellis of int64 [L] targets. Raises ValueError where `log_probs` are no numbers."""
    columns, labels = np.unique(targets, return_inverse=True)
    parted = np.flatnonzero(targets[1:] == targets[:-1]) + 1
    gap_is_free = np.zeros(len(targets) + 1, dtype=bool)
    gap_is_free[free] = True
    parting = np.where(gap_is_free[parted], len(columns) + 1, len(columns))
    # Position j is the gap after pair j, moved by the pairs that were put in before it; where one
    # was put in, both the gap before it and the gap after it are the position's.
    pairs_free = np.insert(gap_is_free, parted, gap_is_free[parted])
    return Trellis(
        log_probs=log_probs,
        blank_id=blank_id,
        absorb=absorb,
        floor=_floor(log_probs, np.append(columns, blank_id), absorb),
        tokens=np.insert(np.insert(targets, parted, blank_id), 0, blank_id),
        columns=columns,
        labels=np.insert(np.insert(labels, parted, parting), 0, len(columns)),
        free=np.flatnonzero(pairs_free),
    )


def pieces(frames: int, length: int) -> Iterator[tuple[int, int]]:
    """Cut [0, frames) into half-open ranges of at most `length`."""
    for start in range(0, frames, length):
        yield start, min(start + length, frames)


def _floor(log_probs: LogProbs, columns: Ints, absorb: float) -> float:
    """Less than the worst path over those columns that has no -inf in it."""
    absorbed = min(absorb, 0.0) if absorb > -np.inf else 0.0
    worst = -1.0
    for start, stop in pieces(len(log_probs), SURVEY_FRAMES):
        scores = log_probs[start:stop, columns]
        if not scores.max() < np.inf:
            raise ValueError("expected log-probabilities, got NaN or +inf")
        finite = np.where(np.isneginf(scores), 0.0, scores)
        worst += float(np.minimum(finite.min(axis=1), absorbed).sum())
    return worst
