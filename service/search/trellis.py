"""The states of CTC forced alignment and what each frame says about them.

Pair j of the trellis is "in label j" and "in the gap after it"; pair 0 has the gap before the first
label alone. Between two equal labels stands one more, the blank that must part them: so every label
may follow its neighbour at once, and a text needs as many frames as it has pairs beyond the first.

All scores are relative to a path of blanks alone, so that a blank costs no addition. Free gaps gain
what absorbing a frame is cheaper than its blank; in gaps within a word a frame costs what a pause
there does.
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
INNER, FREE = 1, 2  # kinds of gaps; 0: one that costs its blank


@dataclass(frozen=True)
class Trellis:
    """A text's states over a matrix of emissions, which is read in pieces and never copied whole.

    tokens: int64 [M], of each pair's label, the blank for pair 0 and where equal labels are parted.
    columns: int64 [U], the distinct tokens of the text. labels: int64 [M], where in a row of
    `emissions` a label's score stands. free: int64 [F], ascending, the pairs with a free gap.
    pauses: float64 [M], what a frame in the gap after each pair costs beyond its blank, 0 or less.
    """

    log_probs: LogProbs
    blank_id: int
    absorb: float
    floor: float  # stands for a log-probability of -inf: worse than all finite ones together
    tokens: Ints
    columns: Ints
    labels: Ints
    free: Ints
    pause: float
    pauses: Floats

    def __len__(self) -> int:
        """The pairs."""
        return len(self.tokens)

    @property
    def frames(self) -> int:
        """T."""
        return len(self.log_probs)

    def emissions(self, start: int, stop: int) -> Floats:
        """float64 [stop - start, U + 3], the distinct tokens' log-probabilities less the blank's.

        The last three columns are what a blank counts in a gap: 0; within a word what a pause
        costs; in a free one the gain of absorbing the frame, 0 or more.
        """
        frames = self.log_probs[start:stop]
        blank = np.maximum(frames[:, self.blank_id].astype(np.float64), self.floor)
        relative = np.empty((len(frames), len(self.columns) + 3))
        relative[:, :-3] = frames[:, self.columns]
        np.maximum(relative[:, :-3], self.floor, out=relative[:, :-3])
        relative[:, :-3] -= blank[:, None]
        relative[:, -3:-1] = 0.0, self.pause
        relative[:, -1] = np.maximum(self.absorb - blank, 0.0) if len(self.free) else 0.0
        return relative

    def remaining(self) -> Floats:
        """float64 [T + 1], at t the most that any path can gain on the frames from t on."""
        ceilings = np.zeros(self.frames + 1)
        for start, stop in pieces(self.frames, SURVEY_FRAMES):
            ceilings[start:stop] = self.emissions(start, stop).max(axis=1)
        return np.cumsum(ceilings[::-1])[::-1]


def trellis_of(
    log_probs: LogProbs,
    targets: Ints,
    blank_id: int,
    free: Ints,
    absorb: float,
    inner: Ints,
    pause: float,
) -> Trellis:
    """The trellis of int64 [L] targets; free, inner: positions in [0, L], of which free ones are
    not inner, whatever is said. Raises ValueError where `log_probs` are no numbers.
    """
    columns, labels = np.unique(targets, return_inverse=True)
    parted = np.flatnonzero(targets[1:] == targets[:-1]) + 1
    kinds = np.zeros(len(targets) + 1, dtype=np.int64)  # of gaps: the columns after the tokens'
    kinds[inner], kinds[free] = INNER, FREE
    # Position j is the gap after pair j, moved by the pairs that were put in before it; where one
    # was put in, both the gap before it and the gap after it are the position's.
    pairs_kinds = np.insert(kinds, parted, kinds[parted])
    return Trellis(
        log_probs=log_probs,
        blank_id=blank_id,
        absorb=absorb,
        floor=_floor(log_probs, np.append(columns, blank_id), absorb, pause),
        tokens=np.insert(np.insert(targets, parted, blank_id), 0, blank_id),
        columns=columns,
        labels=np.insert(np.insert(labels, parted, len(columns) + kinds[parted]), 0, len(columns)),
        free=np.flatnonzero(pairs_kinds == FREE),
        pause=pause,
        pauses=np.where(pairs_kinds == INNER, pause, 0.0),
    )


def pieces(frames: int, length: int) -> Iterator[tuple[int, int]]:
    """Cut [0, frames) into half-open ranges of at most `length`."""
    for start in range(0, frames, length):
        yield start, min(start + length, frames)


def _floor(log_probs: LogProbs, columns: Ints, absorb: float, pause: float) -> float:
    """Less than the worst path over those columns that has no -inf in it."""
    absorbed = min(absorb, 0.0) if absorb > -np.inf else 0.0
    worst = -1.0
    for start, stop in pieces(len(log_probs), SURVEY_FRAMES):
        scores = log_probs[start:stop, columns]
        if not scores.max() < np.inf:
            raise ValueError("expected log-probabilities, got NaN or +inf")
        finite = np.where(np.isneginf(scores), 0.0, scores)
        worst += float(np.minimum(finite.min(axis=1), absorbed).sum()) + len(finite) * pause
    return worst
