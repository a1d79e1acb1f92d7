"""CTC forced alignment: the most probable path that spells a given target sequence.

Viterbi search over the CTC topology (Graves et al. 2006, section 4.1) in numpy, one vectorised step
a frame. The 2L + 1 states stand in two arrays, "in label j" and "in the blank before label j", and
every emission has the blank's log-probability subtracted, so that blanks cost no addition.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.errors import TranscriptTooLong

# Where a label state came from, one byte a cell.
STAY: Final = 0
FROM_BLANK: Final = 1
FROM_LABEL: Final = 2


def frames_needed(targets: NDArray[np.int64]) -> int:
    """The fewest frames that can hold the targets: one each, and a blank between equal ones."""
    return len(targets) + int(np.count_nonzero(targets[1:] == targets[:-1]))


def check_fit(targets: NDArray[np.int64], frames: int) -> None:
    """Raises TranscriptTooLong, with both figures, unless the frames can hold the targets."""
    needed = frames_needed(targets)
    if frames < needed:
        raise TranscriptTooLong(
            f"expected audio of at least {needed} frames for {len(targets)} tokens, got {frames}",
            param="transcript",
            frames_needed=needed,
            frames=frames,
            tokens=len(targets),
        )


def forced_align(
    log_probs: NDArray[np.float32], targets: NDArray[np.int64], blank_id: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The best path through `log_probs` that collapses to `targets`, exactly.

    log_probs: float32 [T, V], log domain. targets: int64 [L], L >= 1, none of them the blank.
    Returns tokens int64 [T], one a frame, and scores float32 [T], their log-probabilities: the
    vocabulary of torchaudio.functional.forced_align. Memory is 2 T L bytes.

    Raises TranscriptTooLong unless T >= L + repeats, and ValueError for targets that are empty,
    hold the blank or leave the vocabulary.
    """
    _check_targets(targets, log_probs.shape[1], blank_id)
    check_fit(targets, len(log_probs))
    label_from, blank_from, ends_in_label = _forward(log_probs, targets, blank_id)
    tokens = _backtrack(label_from, blank_from, targets, blank_id, ends_in_label=ends_in_label)
    return tokens, log_probs[np.arange(len(tokens)), tokens]


def _check_targets(targets: NDArray[np.int64], width: int, blank_id: int) -> None:
    if len(targets) == 0:
        raise ValueError("expected at least one target, got none")
    if targets.min() < 0 or targets.max() >= width or np.any(targets == blank_id):
        raise ValueError(f"expected targets in [0, {width}) without the blank {blank_id}")


def _forward(
    log_probs: NDArray[np.float32], targets: NDArray[np.int64], blank_id: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], bool]:
    """Best scores frame by frame; keeps where each state came from.

    label[j] is the best score of a path that ends in label j, blank[j] of one that ends in the
    blank before it (blank[L]: after the last), both relative to an all-blank path.
    """
    frames, count = len(log_probs), len(targets)
    blank_scores = log_probs[:, blank_id].astype(np.float64)
    distinct = np.ones(count, dtype=bool)
    distinct[1:] = targets[1:] != targets[:-1]
    label = np.full(count, -np.inf)
    blank = np.full(count + 1, -np.inf)
    blank[0] = 0.0
    skipped = np.full(count, -np.inf)  # from label j - 1 straight to label j
    label_from = np.zeros((frames, count), dtype=np.uint8)
    blank_from = np.zeros((frames, count + 1), dtype=bool)
    for frame in range(frames):
        emission = log_probs[frame, targets] - blank_scores[frame]
        skipped[1:] = np.where(distinct[1:], label[:-1], -np.inf)
        np.greater(label, blank[1:], out=blank_from[frame, 1:])
        entered = np.maximum(blank[:-1], skipped)
        came = np.where(skipped > blank[:-1], FROM_LABEL, FROM_BLANK)
        label_from[frame] = np.where(label >= entered, STAY, came)
        np.maximum(blank[1:], label, out=blank[1:])
        np.maximum(label, entered, out=label)
        label += emission
    return label_from, blank_from, bool(label[-1] > blank[-1])


def _backtrack(
    label_from: NDArray[np.uint8],
    blank_from: NDArray[np.bool_],
    targets: NDArray[np.int64],
    blank_id: int,
    *,
    ends_in_label: bool,
) -> NDArray[np.int64]:
    frames, count = label_from.shape
    tokens = np.full(frames, blank_id, dtype=np.int64)
    in_label, index = ends_in_label, count - 1 if ends_in_label else count
    for frame in range(frames - 1, -1, -1):
        if in_label:
            tokens[frame] = targets[index]
            origin = label_from[frame, index]
            in_label = origin != FROM_BLANK
            index -= origin == FROM_LABEL
        elif blank_from[frame, index]:
            in_label, index = True, index - 1
    return tokens
