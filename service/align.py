"""CTC forced alignment: the most probable path that spells a given target sequence.

The topology is that of Graves et al. 2006, section 4.1; the search stands in service/search.
Position j is the gap before label j, position L the one after the last. Speech that the text lacks
is absorbed where a position is free: there a frame costs max(log p(blank), ABSORB_LOG_PROB).
The letters of a word follow one another: between them a frame costs log p(blank) + PAUSE_LOG_PROB,
so that no letter is held to be said seconds away in music, for want of a better place.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.ctc import ABSORBED
from service.errors import TranscriptTooLong
from service.search.trellis import trellis_of
from service.search.viterbi import best_tokens

# What an absorbed frame costs. Never 0: every text would collapse into it.
ABSORB_LOG_PROB: Final = -1.0  # natural log, a frame
# Chosen on hours of synthesised Hebrew: docs/BENCHMARKS.md.
PAUSE_LOG_PROB: Final = -0.15  # natural log, a frame

NOWHERE: Final[NDArray[np.int64]] = np.zeros(0, dtype=np.int64)


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
    log_probs: NDArray[np.float32] | NDArray[np.float16],
    targets: NDArray[np.int64],
    blank_id: int,
    *,
    free: NDArray[np.int64] = NOWHERE,
    absorb: float = ABSORB_LOG_PROB,
    inner: NDArray[np.int64] = NOWHERE,
    on_progress: Callable[[float], None] = lambda _: None,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The best path through `log_probs` that collapses to `targets`, exactly.

    log_probs: float32 or float16 [T, V], log domain; a read-only memory map will do. targets: int64
    [L], L >= 1, none of them the blank. free: int64 [F], positions in [0, L] in any order, whose
    gaps cost max(log p(blank), absorb) a frame; absorb: log domain. inner: int64 [I], positions
    within words, whose gaps cost PAUSE_LOG_PROB a frame more unless they are free. on_progress is
    told the fraction done, in [0, 1], often; what it raises ends the search.

    Returns tokens int64 [T], one a frame, and scores float32 [T], their log-probabilities: the
    vocabulary of torchaudio.functional.forced_align. A frame that `absorb` took has the token
    ABSORBED and the score `absorb`. Of paths that score alike, which one is not specified. Memory
    above the emissions is at most 8 (L + repeats) sqrt(T) + 200 T bytes and a few megabytes.

    Raises TranscriptTooLong unless T >= L + repeats, and ValueError for targets that are empty,
    hold the blank or leave the vocabulary, for positions outside [0, L], and for NaN or +inf.
    """
    _check_targets(targets, log_probs.shape[1], blank_id)
    _check_positions(free, len(targets), "free")
    _check_positions(inner, len(targets), "inner")
    check_fit(targets, len(log_probs))
    trellis = trellis_of(log_probs, targets, blank_id, free, absorb, inner, PAUSE_LOG_PROB)
    tokens = best_tokens(trellis, on_progress)
    absorbed = _absorbed(tokens, log_probs[:, blank_id], free, blank_id, absorb)
    scores = log_probs[np.arange(len(tokens)), tokens].astype(np.float32)
    scores[absorbed] = absorb
    tokens[absorbed] = ABSORBED
    return tokens, scores


def _check_targets(targets: NDArray[np.int64], width: int, blank_id: int) -> None:
    if len(targets) == 0:
        raise ValueError("expected at least one target, got none")
    if targets.min() < 0 or targets.max() >= width or np.any(targets == blank_id):
        raise ValueError(f"expected targets in [0, {width}) without the blank {blank_id}")


def _check_positions(positions: NDArray[np.int64], count: int, kind: str) -> None:
    if len(positions) and (positions.min() < 0 or positions.max() > count):
        raise ValueError(f"expected {kind} positions in [0, {count}]")


def _absorbed(
    tokens: NDArray[np.int64],
    blank_scores: NDArray[np.float32] | NDArray[np.float16],
    free: NDArray[np.int64],
    blank_id: int,
    absorb: float,
) -> NDArray[np.bool_]:
    """Which frames of a path lie in a free gap, and cost less absorbed than as blanks."""
    starts = (tokens != blank_id) & (np.diff(tokens, prepend=blank_id) != 0)
    in_free = np.isin(np.cumsum(starts), free)
    absorbed: NDArray[np.bool_] = (tokens == blank_id) & in_free & (blank_scores < absorb)
    return absorbed
