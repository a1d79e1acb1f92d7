"""The whole search for a text in what was heard.

    path -> readings -> evidence of every word -> words that were not said are left out -> path

Each pass is one exact search along one line of targets (service/align.py). What the line cannot
know is settled between passes: a number's readings are compared where it stands, and words whose
sounds explain the audio worse than no word at all are taken out. Then whatever was said in their
stead is absorbed, and each of them is tried once more in the gap that is left. Which words these
are is found around them alone, with gaps between all words; the last pass is a search of the whole
again, with gaps only where much is absorbed: elsewhere the words are taken to be all that is said.
"""

from bisect import bisect_left
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
LEAST_TOKENS: Final = 3  # the evidence of a shorter word counts for as much less
# Log-probability lost between two targets by taking speech for blanks: exact texts lose up to 8,
# texts that lack three words 14 and more. Fitted there, too.
PASSED_OVER: Final = 10.0  # nats in one gap
ROUNDS: Final = 4  # of leaving words out and trying them again
ANCHORS: Final = 2  # words that were said, on each side of what is searched again
ISLAND_WORDS: Final = 2  # between missing ones, which are tried again with them
# Words times frames of the gaps, of all that are tried at once, in which each missing word is tried
# alone, then the worst of them left out one by one: ten seconds of work. In the gaps beyond it they
# are tried together, and all that do not fit are left out.
ALONE_BUDGET: Final = 1_000_000

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
    return search.leave_out(gaps, readings)


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
        self,
        gaps: Gaps,
        readings: Mapping[int, int],
        missing: Collection[int] = frozenset(),
        opened: Collection[int] = frozenset(),
    ) -> Placement:
        """The best path of the text without the missing words. Raises TranscriptTooLong.

        opened: words before which there is a gap, too.
        """
        line = lineup(self._written, readings=readings, without=missing, gaps=gaps, opened=opened)
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
        return set(np.flatnonzero(_weighed(found) < self._rule.unsaid).tolist()) - found.missing

    def passes_over(self, found: Placement) -> bool:
        """Whether somewhere speech that the text lacks lies between targets."""
        lost = passed_over(self._log_probs, found, self._blank_id, self._rule.absorb)
        return lost > self._rule.passed_over

    def leave_out(self, gaps: Gaps, readings: Mapping[int, int]) -> Placement:
        """Without the words that were not said, and with gaps where speech is that the text lacks.

        One gap more lets a word that was said be placed beside what was misheard of it.
        """
        found = whole = self.run("words", readings)
        for attempt in range(ROUNDS):
            before = found.missing
            missing = before | self.unsaid(found)
            if not missing:
                break
            found = self._searched_again(found, missing)
            # One alone among words that are missing may have taken the place of one of them.
            islands = set() if attempt else _islands(found)
            back = self._found_again(found, missing, islands)
            found = self._searched_again(found, (missing | islands).difference(back))
            if attempt and found.missing == before:
                break
        missing = found.missing | self.unsaid(found)
        if gaps == "words" and missing == whole.missing:
            return whole
        return self.run(gaps, readings, missing, self._opened(found))

    def _opened(self, found: Placement) -> set[int]:
        """The placed words before which absorbing gained more than an exact text loses."""
        placed = [index for index, place in enumerate(found.line.places) if place is not None]
        firsts = [place[0] for place in found.line.places if place is not None]
        frames = np.flatnonzero(found.tokens == ABSORBED)
        gains = self._rule.absorb - self._log_probs[frames, self._blank_id]
        words = np.searchsorted(firsts, found.positions(frames))
        gained = np.bincount(words, weights=gains, minlength=len(placed))[: len(placed)]
        return {placed[item] for item in np.flatnonzero(gained > self._rule.passed_over)}

    def _searched_again(self, found: Placement, missing: frozenset[int]) -> Placement:
        """Without exactly these words: a search around those that were not missing, or are not now.

        What is far from them stays as it is; where they are many, all is searched.
        """
        if missing == found.missing:
            return found
        line = lineup(self._written, readings=found.readings, without=missing, gaps="words")
        tokens = found.tokens.copy()
        parts = list(self._anchored(found, found.missing ^ missing))
        if 2 * sum(frames.end - frames.start for _, frames in parts) > len(tokens):
            return self._placed(line, found.readings, missing)
        for words, frames in parts:
            path = self._path(found.readings, missing, words, frames)
            if path is None:
                return self._placed(line, found.readings, missing)
            tokens[frames.start : frames.end] = path
        return self._of_path(line, tokens, found.readings, missing)

    def _anchored(
        self, found: Placement, changed: Collection[int]
    ) -> Iterator[tuple[range, Extent]]:
        """The parts of a text to be searched again for some words, and their frames.

        Each begins and ends with a word that stays, or with the text.
        """
        placed = (index for index, place in enumerate(found.line.places) if place is not None)
        anchors = sorted(set(placed) - self.unsaid(found) - set(changed))
        first = end = 0
        for run in _runs(changed):
            before, after = bisect_left(anchors, run.start), bisect_left(anchors, run.stop)
            begin = anchors[before - ANCHORS] if before >= ANCHORS else 0
            if end and begin >= end:
                yield self._stretch(found, range(first, end))
            if not end or begin >= end:
                first = begin
            last = after + ANCHORS - 1
            end = anchors[last] + 1 if last < len(anchors) else len(found.line.places)
        yield self._stretch(found, range(first, end))

    def _stretch(self, found: Placement, words: range) -> tuple[range, Extent]:
        """Words, the first and the last of them placed unless they are the text's; their frames."""
        start = found.extent(words.start).start if words.start else 0
        whole = words.stop == len(found.line.places)
        return words, Extent(start, len(self._log_probs) if whole else found.extent(words[-1]).end)

    def _path(
        self, readings: Mapping[int, int], missing: Collection[int], words: range, frames: Extent
    ) -> NDArray[np.int64] | None:
        """The best path of some words on some frames, int64 [n]; None if they do not fit."""
        line = lineup(self._written, readings=readings, without=missing, gaps="words", words=words)
        if not line.targets or frames_needed(line.tokens) > frames.end - frames.start:
            return None
        return self._align(self._log_probs[frames.start : frames.end], line)[0]

    def _placed(
        self, line: Lineup, readings: Mapping[int, int], missing: frozenset[int]
    ) -> Placement:
        """The best path of a line."""
        if line.targets:
            tokens, _ = self._align(self._log_probs, line)
        else:  # all of it is missing
            absorbed = self._unwritten > self._log_probs[:, self._blank_id]
            tokens = np.where(absorbed, np.int64(ABSORBED), np.int64(self._blank_id))
        return self._of_path(line, tokens, readings, missing)

    def _of_path(
        self,
        line: Lineup,
        tokens: NDArray[np.int64],
        readings: Mapping[int, int],
        missing: frozenset[int],
    ) -> Placement:
        """tokens: int64 [T], a path of the line."""
        held = self._log_probs[np.arange(len(tokens)), tokens]  # of an absorbed frame: anything
        scores = np.where(tokens == ABSORBED, np.float32(self._rule.absorb), held)
        spans = tuple(merge_tokens(tokens, scores, self._blank_id))
        gained = np.concatenate([[0.0], np.cumsum(scores - self._unwritten, dtype=np.float64)])
        evidence = np.full(len(line.places), np.nan)
        evidence[list(missing)] = self._rule.unsaid
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
            inner=line.inner,
            absorb=self._rule.absorb,
            on_progress=self._on_progress,
        )

    def _found_again(
        self, found: Placement, missing: Collection[int], islands: Collection[int]
    ) -> Iterator[int]:
        """The missing words that are said in the gaps that they left, with the islands in them."""
        budget = ALONE_BUDGET
        for run in _runs({*missing, *islands}):
            gap = self._gap(found, run)
            cost = len(run) * (gap.end - gap.start)
            if cost <= budget:
                budget -= cost
                yield from self._said(run, found.readings, gap, alone=True)
                continue
            own = [index for index in run if index in missing]
            yield from set(run) - set(own)
            for part in _runs(own):
                yield from self._said(part, found.readings, self._gap(found, part), alone=False)

    def _gap(self, found: Placement, run: range) -> Extent:
        """The frames between the placed words around a run."""
        before = nearest(found, range(run.start - 1, -1, -1))
        after = nearest(found, range(run.stop, len(found.line.places)))
        start = 0 if before is None else found.extent(before).end
        end = len(self._log_probs) if after is None else found.extent(after).start
        return Extent(start, end)

    def _said(
        self, run: range, readings: Mapping[int, int], gap: Extent, *, alone: bool
    ) -> list[int]:
        """Those of a run of words that are said in a gap, tried alone first or all together."""
        heard = self._log_probs[gap.start : gap.end]
        part = _Search(heard, self._written, self._blank_id, self._rule, self._on_progress)
        if not alone:
            left = list(run)
            while unsaid := part.worst_first(run, left, readings):
                left = [index for index in left if index not in unsaid]
            return left
        # A word that was not said takes the place of one that was: each is heard by itself.
        for index in run:
            if (index, gap) not in self._tried:
                self._tried[index, gap] = part.alone(index, readings)
        tried = (self._tried[index, gap] for index in run)
        left = best_chain([word for word in tried if word is not None], len(heard))
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
        surplus = float(_weighed(found)[0]) - self._rule.unsaid
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
        weighed = _weighed(self._placed(line, readings, frozenset()))
        ranked = sorted(some, key=lambda index: weighed[index - run.start])
        return [index for index in ranked if weighed[index - run.start] < self._rule.unsaid]


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


def _weighed(found: Placement) -> NDArray[np.float64]:
    """The evidence of each word, float64 [words], nearer to none where a word is short."""
    counts = [0 if place is None else place[1] + 1 - place[0] for place in found.line.places]
    return found.evidence * np.minimum(np.array(counts) / LEAST_TOKENS, 1.0)


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
