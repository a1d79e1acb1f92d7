"""Which of some words, each found by itself, can have been said one after the other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Candidate(NamedTuple):
    """A word on the frames [start, end), start < end; gain: more than 0, how well it fits there."""

    word: int
    start: int
    end: int
    gain: float


def best_chain(candidates: Sequence[Candidate], frames: int) -> list[int]:
    """The words that gain most together, of those that follow one another without an overlap.

    candidates: in the order in which they would have to be said, within [0, frames].
    """
    best = np.zeros(frames + 1)  # of the chains that end at a frame or before it
    lasts = np.full(frames + 1, -1)  # their last candidates
    previous: list[int] = []
    for index, candidate in enumerate(candidates):
        previous.append(int(lasts[candidate.start]))
        total = best[candidate.start] + candidate.gain
        better = candidate.end + np.flatnonzero(best[candidate.end :] < total)
        best[better], lasts[better] = total, index
    chain, index = [], int(lasts[-1])
    while index >= 0:
        chain.append(candidates[index].word)
        index = previous[index]
    return chain[::-1]
