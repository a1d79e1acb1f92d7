"""Where a text was found, and how well each of its words fits there."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.align import ABSORB_LOG_PROB
from service.ctc import ABSORBED
from service.spans import TokenSpan
from service.text.lineup import Lineup
from service.text.written import Reading, WrittenText

# Mean over a word's tokens of log p of its frames against absorbing them: a word with less, by
# PASSAGE in all, was not said there. Fitted by `python -m export.demo trust`.
UNSAID: Final = -3.0  # nats a token
LEAST_TOKENS: Final = 3  # a shorter word is taken for one of so many
# What leaving out any words costs in one place, whatever they are: a word that was said badly
# stays, and of two equal words the one that stands with others.
PASSAGE: Final = 5.0  # nats
# Log-probability lost between two targets by taking speech for blanks: exact texts lose up to 8,
# texts that lack three words 14 and more. Fitted there, too.
PASSED_OVER: Final = 10.0  # nats in one gap


@dataclass(frozen=True)
class PlacementRule:
    """What was fitted: absorb, log-probability of a frame of speech that the text lacks; unsaid,
    nats a token, the least evidence of a word that was said; passed_over, nats, the most by which
    blanks may cost more than absorbing in one gap.
    """

    absorb: float = ABSORB_LOG_PROB
    unsaid: float = UNSAID
    passed_over: float = PASSED_OVER


FITTED: Final = PlacementRule()


class Extent(NamedTuple):
    """Frames [start, end)."""

    start: int
    end: int


@dataclass(frozen=True)
class Placement:
    """Where a text was found.

    line: what was aligned at last; spans: one a target of it; tokens: int64 [T], the path.
    readings: word -> which of its readings was said, where there are several; missing: the words
    that were not said. evidence: float64 [words], nats a token; not a number for a word without
    targets, and UNSAID for a missing one.
    """

    line: Lineup
    spans: tuple[TokenSpan, ...]
    tokens: NDArray[np.int64]
    readings: Mapping[int, int]
    missing: frozenset[int]
    evidence: NDArray[np.float64]

    @cached_property
    def absorbed(self) -> Mapping[int, Extent]:
        """Position -> from the first to the last of the frames that were absorbed there."""
        frames = np.flatnonzero(self.tokens == ABSORBED)
        extents: dict[int, Extent] = {}
        positions = self.positions(frames).tolist()
        for position, frame in zip(positions, frames.tolist(), strict=True):
            first = extents.get(position, Extent(frame, frame)).start
            extents[position] = Extent(first, frame + 1)
        return extents

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """int64 [targets]: the frame at which each begins."""
        return np.array([span.start for span in self.spans], dtype=np.int64)

    def positions(self, frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """Before which target each of some frames lies that hold none: int64 [n] both."""
        return np.searchsorted(self.starts, frames)

    def between(self, first: int, last: int) -> range:
        """The positions of the gap in which the words [first, last] stand, which have no place."""
        before = nearest(self, range(first - 1, -1, -1))
        after = nearest(self, range(last + 1, len(self.line.places)))
        begin = 0 if before is None else self.place(before)[1] + 1
        end = len(self.spans) if after is None else self.place(after)[0]
        return range(begin, end + 1)

    def extent(self, word: int) -> Extent:
        """The frames of a word that has a place."""
        first, last = self.place(word)
        return Extent(self.spans[first].start, self.spans[last].end)

    def place(self, word: int) -> tuple[int, int]:
        """The first and the last target of a word that has some."""
        place = self.line.places[word]
        if place is None:
            raise ValueError(f"expected a word with a place, got {word}")
        return place

    def unsaid(self, rule: PlacementRule = FITTED) -> set[int]:
        """The placed words that were not said where they are."""
        counts = [0 if place is None else place[1] + 1 - place[0] for place in self.line.places]
        gained = self.evidence * np.array(counts)
        return set(np.flatnonzero(gained < -leaving_out(counts, rule) - PASSAGE).tolist())


def leaving_out(counts: Sequence[int], rule: PlacementRule = FITTED) -> NDArray[np.float64]:
    """What leaving out words of so many tokens costs, in nats: float64 [W], more than 0."""
    costs: NDArray[np.float64] = -rule.unsaid * np.maximum(np.array(counts), LEAST_TOKENS)
    return costs


def losses(
    log_probs: NDArray[np.float32], found: Placement, blank_id: int, absorb: float = ABSORB_LOG_PROB
) -> NDArray[np.float64]:
    """Nats by which blanks cost more than absorbing their frames, by position: float64 [L + 1].

    log_probs: float32 [T, V], in which `found` was placed; absorb: log domain, a frame.
    """
    frames = np.flatnonzero(found.tokens == blank_id)
    lost = np.maximum(absorb - log_probs[frames, blank_id], 0.0)
    by_position = np.zeros(len(found.spans) + 1)
    np.add.at(by_position, found.positions(frames), lost)
    return by_position


def said(written: WrittenText, placement: Placement, word: int) -> Reading:
    """The reading of a word that was chosen."""
    return written.words[word].readings[placement.readings.get(word, 0)]


def nearest(found: Placement, words: Iterable[int]) -> int | None:
    """The first of some words that has a place."""
    return next((index for index in words if found.line.places[index] is not None), None)


def joined(ranges: Collection[range]) -> Iterator[range]:
    """Overlapping ranges as one, in order."""
    begin = end = 0
    for item in sorted(ranges, key=lambda item: item.start):
        if item.start < end:
            end = max(end, item.stop)
            continue
        if end:
            yield range(begin, end)
        begin, end = item.start, item.stop
    if end:
        yield range(begin, end)
