"""The whole search for a text in what was heard.

    path -> readings -> evidence of every word -> words that were not said are left out -> path

Each pass is one exact search along one line of targets (service/align.py). What the line cannot
know is settled between passes: a number's readings are compared where it stands, and words whose
sounds explain the audio worse than no word at all are taken out. Then whatever was said in their
stead is absorbed, and each of them is tried once more in the gap that is left.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.align import ABSORB_LOG_PROB, forced_align, frames_needed
from service.chain import Candidate, best_chain
from service.ctc import ABSORBED, merge_tokens
from service.spans import TokenSpan
from service.text.lineup import Gaps, Lineup, lineup
from service.text.written import WrittenText

# Mean over a word's tokens of log p of its frames against absorbing them: below it, the word was
# not said there. Fitted by `python -m export.demo trust`.
UNSAID: Final = -3.0  # nats a token
# Log-probability lost between two targets by taking speech for blanks: exact texts lose up to 8,
# texts that lack three words 14 and more. Fitted there, too.
PASSED_OVER: Final = 10.0  # nats in one gap
ROUNDS: Final = 4  # of leaving words out and trying them again
ISLAND_WORDS: Final = 2  # between missing ones, which are tried again with them
# Words times frames of a gap in which each missing word is tried alone, then the worst of them left
# out one by one. In larger ones they are tried together, and all that do not fit are left out.
ALONE_BUDGET: Final = 2_000_000

NO_READINGS: Final[Mapping[int, int]] = {}


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
    targets, and at most UNSAID for a missing one.
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

    def positions(self, frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """Before which target each of some frames lies that hold none: int64 [n] both."""
        starts = np.array([span.start for span in self.spans], dtype=np.int64)
        return np.searchsorted(starts, frames)

    def between(self, first: int, last: int) -> range:
        """The positions of the gap in which the words [first, last] stand, which have no place."""
        before = nearest(self, range(first - 1, -1, -1))
        after = nearest(self, range(last + 1, len(self.line.places)))
        begin = 0 if before is None else self._place(before)[1] + 1
        end = len(self.spans) if after is None else self._place(after)[0]
        return range(begin, end + 1)

    def extent(self, word: int) -> Extent:
        """The frames of a word that has a place."""
        first, last = self._place(word)
        return Extent(self.spans[first].start, self.spans[last].end)

    def _place(self, word: int) -> tuple[int, int]:
        place = self.line.places[word]
        if place is None:
            raise ValueError(f"expected a word with a place, got {word}")
        return place


def place(
    log_probs: NDArray[np.float32],
    written: WrittenText,
    blank_id: int,
    gaps: Gaps,
    *,
    rule: PlacementRule = FITTED,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Placement:
    """Find a text that has targets.

    log_probs: float32 [T, V]. gaps: where speech that the text lacks is absorbed; with "none" the
    text is taken to be all that is said, and every word gets a place. With the others, a text that
    does not fit, by its words or by what lies between them, is searched for again with gaps between
    all words. on_progress is told of every search, often; what it raises ends all of them.

    Raises TranscriptTooLong if not even the first reading of each word fits.
    """
    search = _Search(log_probs, written, blank_id, rule, on_progress)
    readings: Mapping[int, int] = NO_READINGS
    several = [index for index, word in enumerate(written.words) if len(word.readings) > 1]
    if several:
        readings = search.readings(several)
    found = search.run(gaps, readings)
    if gaps == "none" or not (search.unsaid(found) or search.passes_over(found)):
        return found
    return search.leave_out(readings)


class _Search:
    """One text in one recording."""

    def __init__(
        self,
        log_probs: NDArray[np.float32],
        written: WrittenText,
        blank_id: int,
        rule: PlacementRule,
        on_progress: Callable[[float], None],
    ) -> None:
        self._on_progress = on_progress
        self._log_probs = log_probs
        self._written = written
        self._blank_id = blank_id
        self._rule = rule
        self._unwritten = np.maximum(log_probs[:, blank_id], np.float32(rule.absorb))
        self._tried: dict[tuple[int, Extent], Candidate | None] = {}  # what was tried before

    def run(
        self, gaps: Gaps, readings: Mapping[int, int], missing: Collection[int] = frozenset()
    ) -> Placement:
        """The best path of the text without the missing words. Raises TranscriptTooLong."""
        line = lineup(self._written, readings=readings, without=missing, gaps=gaps)
        return self._placed(line, readings, frozenset(missing))

    def readings(self, several: Iterable[int]) -> Mapping[int, int]:
        """Word -> the best of its readings, for words that have several."""
        chosen: dict[int, int] = {}
        # A wrong first guess must not squeeze its neighbours: what is too much is absorbed.
        found = self.run("words", chosen)
        for index in several:
            words, frames = self._surroundings(found, index)
            scores = [
                self._score(words, frames, {**chosen, index: reading})
                for reading in range(len(self._written.words[index].readings))
            ]
            chosen[index] = int(np.argmax(scores))
        return chosen

    def unsaid(self, found: Placement) -> set[int]:
        """The placed words that were not said where they are."""
        return set(np.flatnonzero(found.evidence < self._rule.unsaid).tolist()) - found.missing

    def passes_over(self, found: Placement) -> bool:
        """Whether somewhere speech that the text lacks lies between targets."""
        lost = passed_over(self._log_probs, found, self._blank_id, self._rule.absorb)
        return lost > self._rule.passed_over

    def leave_out(self, readings: Mapping[int, int]) -> Placement:
        """Without the words that were not said, and with gaps between all others."""
        missing: set[int] = set()
        found = self.run("words", readings)
        for attempt in range(ROUNDS):
            before = missing
            missing = missing | self.unsaid(found)
            if not missing:
                break
            if missing != found.missing:
                found = self.run("words", readings, missing)
            # One alone among words that are missing may have taken the place of one of them.
            islands = set() if attempt else _islands(found)
            missing = (missing | islands) - set(self._found_again(found, missing, islands))
            if missing != found.missing:
                found = self.run("words", readings, missing)
            if attempt and missing == before:
                break
        missing = missing | self.unsaid(found)
        return found if missing == found.missing else self.run("words", readings, missing)

    def _placed(
        self, line: Lineup, readings: Mapping[int, int], missing: frozenset[int]
    ) -> Placement:
        evidence = np.full(len(line.places), np.nan)
        evidence[list(missing)] = self._rule.unsaid
        if not len(line.targets):  # all of it is missing
            absorbed = self._unwritten > self._log_probs[:, self._blank_id]
            tokens = np.where(absorbed, np.int64(ABSORBED), np.int64(self._blank_id))
            return Placement(line, (), tokens, readings, missing, evidence)
        tokens, scores = self._align(self._log_probs, line)
        spans = tuple(merge_tokens(tokens, scores, self._blank_id))
        gained = np.concatenate([[0.0], np.cumsum(scores - self._unwritten, dtype=np.float64)])
        for index, place in enumerate(line.places):
            if place is not None:
                first, last = place
                gain = gained[spans[last].end] - gained[spans[first].start]
                evidence[index] = gain / (last + 1 - first)
        return Placement(line, spans, tokens, readings, missing, evidence)

    def _surroundings(self, found: Placement, index: int) -> tuple[range, Extent]:
        """A word with its nearest placed neighbours, and the frames of the three."""
        before = nearest(found, range(index - 1, -1, -1))
        after = nearest(found, range(index + 1, len(found.line.places)))
        start = 0 if before is None else found.extent(before).start
        end = len(self._log_probs) if after is None else found.extent(after).end
        first = 0 if before is None else before
        last = len(found.line.places) - 1 if after is None else after
        return range(first, last + 1), Extent(start, end)

    def _score(self, words: range, frames: Extent, readings: Mapping[int, int]) -> float:
        """Log-probability of some words' best path on some frames; -inf if they do not fit."""
        line = lineup(self._written, readings=readings, words=words, gaps="ends")
        if not line.targets or frames_needed(line.tokens) > frames.end - frames.start:
            return -np.inf
        _, scores = self._align(self._log_probs[frames.start : frames.end], line)
        return float(scores.sum())

    def _align(
        self, heard: NDArray[np.float32], line: Lineup
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        return forced_align(
            heard,
            line.tokens,
            self._blank_id,
            free=line.free,
            absorb=self._rule.absorb,
            on_progress=self._on_progress,
        )

    def _found_again(
        self, found: Placement, missing: Collection[int], islands: Collection[int]
    ) -> Iterator[int]:
        """The missing words that are said in the gaps that they left, with the islands in them."""
        for run in _runs({*missing, *islands}):
            gap = self._gap(found, run)
            if len(run) * (gap.end - gap.start) <= ALONE_BUDGET:
                yield from self._said(run, found.readings, gap)
                continue
            own = [index for index in run if index in missing]
            yield from set(run) - set(own)
            for part in _runs(own):
                yield from self._said(part, found.readings, self._gap(found, part))

    def _gap(self, found: Placement, run: range) -> Extent:
        """The frames between the placed words around a run."""
        before = nearest(found, range(run.start - 1, -1, -1))
        after = nearest(found, range(run.stop, len(found.line.places)))
        start = 0 if before is None else found.extent(before).end
        end = len(self._log_probs) if after is None else found.extent(after).start
        return Extent(start, end)

    def _said(self, run: range, readings: Mapping[int, int], gap: Extent) -> list[int]:
        """Those of a run of words that are said in a gap."""
        heard = self._log_probs[gap.start : gap.end]
        part = _Search(heard, self._written, self._blank_id, self._rule, self._on_progress)
        if len(run) * len(heard) > ALONE_BUDGET:
            left = list(run)
            while unsaid := part.worst_first(run, left, readings):
                left = [index for index in left if index not in unsaid]
            return left
        # A word that was not said takes the place of one that was: each is heard by itself.
        for index in run:
            if (index, gap) not in self._tried:
                self._tried[index, gap] = part.alone(index, readings)
        alone = (self._tried[index, gap] for index in run)
        left = best_chain([word for word in alone if word is not None], len(heard))
        while unsaid := part.worst_first(run, left, readings):
            left.remove(unsaid[0])
        return left

    def alone(self, word: int, readings: Mapping[int, int]) -> Candidate | None:
        """A word where it fits best; None if it is not said."""
        words = range(word, word + 1)
        line = lineup(self._written, readings=readings, gaps="words", words=words)
        if not line.targets or frames_needed(line.tokens) > len(self._log_probs):
            return None
        found = self._placed(line, readings, frozenset())
        surplus = float(found.evidence[0]) - self._rule.unsaid
        if surplus < 0:
            return None
        return Candidate(word, *found.extent(0), surplus * len(line.targets))

    def worst_first(
        self, run: range, some: Collection[int], readings: Mapping[int, int]
    ) -> list[int]:
        """Of some words of a run, all together, those that are not said; the least said first."""
        if not some:
            return []
        without = [index for index in run if index not in some]
        line = lineup(self._written, readings=readings, without=without, gaps="words", words=run)
        if frames_needed(line.tokens) > len(self._log_probs):
            return [max(some)]
        evidence = self._placed(line, readings, frozenset()).evidence
        ranked = sorted(some, key=lambda index: evidence[index - run.start])
        return [index for index in ranked if evidence[index - run.start] < self._rule.unsaid]


def passed_over(
    log_probs: NDArray[np.float32], found: Placement, blank_id: int, absorb: float = ABSORB_LOG_PROB
) -> float:
    """Nats by which blanks cost more than absorbing their frames, in the gap where that is most.

    log_probs: float32 [T, V], in which `found` was placed; absorb: log domain, a frame.
    """
    frames = np.flatnonzero(found.tokens == blank_id)
    lost = np.maximum(absorb - log_probs[frames, blank_id], 0.0)
    return float(np.bincount(found.positions(frames), weights=lost, minlength=1).max())


def nearest(found: Placement, words: Iterable[int]) -> int | None:
    """The first of some words that has a place."""
    return next((index for index in words if found.line.places[index] is not None), None)


def _islands(found: Placement) -> set[int]:
    """The words that stand alone, or nearly, among missing ones."""
    count = len(found.line.places)
    lonely = (
        run
        for run in _runs(set(range(count)) - found.missing)
        if len(run) <= ISLAND_WORDS and len(run) < count
    )
    return {index for run in lonely for index in run if found.line.places[index] is not None}


def _runs(words: Collection[int]) -> Iterator[range]:
    """Neighbouring words together."""
    begin = previous = None
    for index in sorted(words):
        if previous is None or index != previous + 1:
            if begin is not None and previous is not None:
                yield range(begin, previous + 1)
            begin = index
        previous = index
    if begin is not None and previous is not None:
        yield range(begin, previous + 1)
