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
from service.ctc import ABSORBED, merge_tokens
from service.spans import TokenSpan
from service.text.lineup import Gaps, Lineup, lineup
from service.text.written import WrittenText

# Mean over a word's tokens of log p of its frames against absorbing them: below it, the word was
# not said there. Fitted by `python -m export.demo trust`.
UNSAID: Final = -3.0  # nats a token
LEAST_TOKENS: Final = 3  # the evidence of a shorter word is not taken for that of so many
# Log-probability lost between two targets by taking speech for blanks: exact texts lose up to 8,
# texts that lack three words 14 and more. Fitted there, too.
PASSED_OVER: Final = 10.0  # nats in one gap
ROUNDS: Final = 3  # of leaving words out and trying them again
ANCHORS: Final = 2  # words that were said, on each side of what is searched again
# Words times frames of the gaps in which each missing word is tried alone, of all gaps of a round:
# some ten seconds of work. In the gaps that are left they are tried together.
ALONE_BUDGET: Final = 1_000_000

NO_READINGS: Final[Mapping[int, int]] = {}


@dataclass(frozen=True)
class PlacementRule:
    """What was fitted: absorb, log-probability of a frame of speech that the text lacks; unsaid,
    nats a token, the least evidence of a word that was said.
    """

    absorb: float = ABSORB_LOG_PROB
    unsaid: float = UNSAID


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
        """Whether somewhere speech lies between targets that the text lacks."""
        blanks = np.flatnonzero(found.tokens == self._blank_id)
        lost = self._unwritten[blanks] - self._log_probs[blanks, self._blank_id]
        losses = np.bincount(found.positions(blanks), weights=lost, minlength=1)
        return bool(losses.max() > PASSED_OVER)

    def leave_out(self, gaps: Gaps, readings: Mapping[int, int]) -> Placement:
        """Without the words that were not said, and with gaps where speech is that the text lacks.

        One gap more lets a word that was said be placed beside what was misheard of it.
        """
        found = whole = self.run("words", readings)
        tried: set[int] = set()
        for _ in range(ROUNDS):
            unsaid = self.unsaid(found)
            if not unsaid:
                break
            found = self._searched_again(found, found.missing | unsaid)
            back = set(self._found_again(found)) - tried
            tried |= back  # a word that is left out once more stays out
            found = self._searched_again(found, found.missing - back)
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
        return {placed[item] for item in np.flatnonzero(gained > PASSED_OVER)}

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

    def _found_again(self, found: Placement) -> Iterator[int]:
        """The missing words that are said in the gaps that they left."""
        budget = ALONE_BUDGET
        for run in _runs(found.missing):
            before = nearest(found, range(run.start - 1, -1, -1))
            after = nearest(found, range(run.stop, len(found.line.places)))
            start = 0 if before is None else found.extent(before).end
            end = len(self._log_probs) if after is None else found.extent(after).start
            part = self._heard_from(start, end)
            cost = len(run) * (end - start)
            alone = cost <= budget
            budget -= cost if alone else 0
            yield from (part.said_alone if alone else part.said_together)(run, found.readings)

    def _heard_from(self, start: int, end: int) -> "_Search":
        heard = self._log_probs[start:end]
        return _Search(heard, self._written, self._blank_id, self._rule, self._on_progress)

    def said_alone(self, run: range, readings: Mapping[int, int]) -> list[int]:
        """Those of a run of words that are said here, each by itself, and then together.

        A word that was not said takes the place of one that was.
        """
        left = [index for index in run if not self._unsaid_of(run, [index], readings)]
        while worst := self._unsaid_of(run, left, readings):
            left.remove(worst[0])
        return left

    def said_together(self, run: range, readings: Mapping[int, int]) -> list[int]:
        """The same in a few searches, however many words there are; none if they do not do."""
        left = list(run)
        for _ in range(ROUNDS):
            worst = self._unsaid_of(run, left, readings)
            if not worst:
                return left
            left = sorted(set(left).difference(worst))
        return []

    def _unsaid_of(
        self, run: range, some: Collection[int], readings: Mapping[int, int]
    ) -> list[int]:
        """Of some words of a run, together, those not said here, the worst of them first."""
        if not some:
            return []
        without = [index for index in run if index not in some]
        line = lineup(self._written, readings=readings, without=without, gaps="words", words=run)
        if frames_needed(line.tokens) > len(self._log_probs):
            return sorted(some, reverse=True)
        weighed = _weighed(self._placed(line, readings, frozenset()))
        unsaid = [index for index in some if weighed[index - run.start] < self._rule.unsaid]
        return sorted(unsaid, key=lambda index: float(weighed[index - run.start]))


def _weighed(found: Placement) -> NDArray[np.float64]:
    """The evidence of each word, float64 [words], nearer to none where a word is short."""
    counts = [0 if place is None else place[1] + 1 - place[0] for place in found.line.places]
    return found.evidence * np.minimum(np.array(counts) / LEAST_TOKENS, 1.0)


def nearest(found: Placement, words: Iterable[int]) -> int | None:
    """The first of some words that has a place."""
    return next((index for index in words if found.line.places[index] is not None), None)


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
