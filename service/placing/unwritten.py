"""Speech that a text lacks, from what the search absorbed."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from service.ctc import ABSORBED
from service.levels import Levels
from service.placing.placed import absorbed_times
from service.placing.placement import Extent, Placement, said
from service.spans import FrameClock, Unwritten, Word
from service.text.written import WrittenText

PAUSE_SEC: Final = 1.0  # between two stretches that are told apart
LEAST_LETTERS: Final = 2  # less is a breath, or a neighbour's echo


def unwritten_speech(
    written: WrittenText,
    placement: Placement,
    heard: Sequence[Word],
    clock: FrameClock,
    levels: Levels,
) -> tuple[Unwritten, ...]:
    """Where something is said that the text lacks, with what was heard there.

    heard: the words of the greedy path; levels: float32 [M], of the whole recording. What was
    absorbed where a word stands that the model cannot spell is that word, and nothing that the text
    lacks.
    """
    found = []
    stretches = list(_stretches(placement, _claimed(written, placement), clock))
    middles = [_middle(word) for word in heard]
    for stretch, next_start in zip(stretches, _next_starts(placement, stretches), strict=True):
        start, end = absorbed_times(stretch, next_start, clock, levels)
        inside = heard[bisect_left(middles, start) : bisect_left(middles, end)]
        text = " ".join(word.word for word in inside)
        if sum(map(str.isalpha, text)) >= LEAST_LETTERS:
            found.append(Unwritten(start, end, text))
    return tuple(found)


def _next_starts(placement: Placement, stretches: Sequence[Extent]) -> Iterator[int | None]:
    """The frame at which a word or another stretch begins after each; None if nothing does."""
    places = [place for place in placement.line.places if place is not None]
    starts = [placement.spans[first].start for first, _ in places]
    for index, stretch in enumerate(stretches):
        words = starts[bisect_left(starts, stretch.end) :][:1]
        others = [following.start for following in stretches[index + 1 : index + 2]]
        yield min([*words, *others], default=None)


def _stretches(placement: Placement, claimed: set[int], clock: FrameClock) -> Iterator[Extent]:
    """Absorbed frames of the positions that no word claims, cut at other words and at pauses."""
    frames = np.flatnonzero(placement.tokens == ABSORBED)
    positions = placement.positions(frames)
    free = ~np.isin(positions, list(claimed))
    frames, positions = frames[free], positions[free]
    if not len(frames):
        return
    pause = PAUSE_SEC * clock.sample_rate / clock.stride
    # A separator between two words does not part what is said between them.
    lasts = [places[1] for places in placement.line.places if places is not None]
    gaps = np.searchsorted(np.array(lasts, dtype=np.int64), positions)
    cuts = np.flatnonzero((np.diff(frames) > pause) | (np.diff(gaps) != 0)) + 1
    for part in np.split(frames, cuts):
        yield Extent(int(part[0]), int(part[-1]) + 1)


def _claimed(written: WrittenText, placement: Placement) -> set[int]:
    """The positions where a word stands, or a part of one, that the model cannot spell."""
    claimed: set[int] = set()
    gap: range | None = None  # in which the words stand that are looked at; one for a run of them
    for index, places in enumerate(placement.line.places):
        free = said(written, placement, index).free
        if places is not None:
            claimed.update(places[0] + position for position in free)
            gap = None
        elif free and index not in placement.missing:
            gap = gap or placement.between(index, index)
            claimed.update(gap)
    return claimed


def _middle(word: Word) -> float:
    return ((word.start or 0.0) + (word.end or 0.0)) / 2
