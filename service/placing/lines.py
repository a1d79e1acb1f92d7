"""One text in one recording: the best path of any line of its words."""

from collections.abc import Callable, Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from service.align import forced_align, frames_needed
from service.ctc import ABSORBED, merge_tokens
from service.placing.placement import Extent, Placement, PlacementRule
from service.text.lineup import Gaps, Lineup, lineup
from service.text.written import WrittenText


class Lines:
    """A text, what was heard, and what was fitted: all searches for the one in the other.

    log_probs: float32 [T, V]. on_progress is told of every search, often; what it raises ends it.
    """

    def __init__(
        self,
        log_probs: NDArray[np.float32],
        written: WrittenText,
        blank_id: int,
        rule: PlacementRule,
        on_progress: Callable[[float], None],
    ) -> None:
        self.log_probs = log_probs
        self.written = written
        self.blank_id = blank_id
        self.rule = rule
        self.on_progress = on_progress
        # What a frame costs that no word explains.
        self._unexplained = np.maximum(log_probs[:, blank_id], np.float32(rule.absorb))

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
        line = lineup(self.written, readings=readings, without=missing, gaps=gaps, opened=opened)
        if line.targets:
            tokens, scores = self._align(self.log_probs, line)
        else:  # all of it is missing
            absorbed = self._unexplained > self.log_probs[:, self.blank_id]
            tokens = np.where(absorbed, np.int64(ABSORBED), np.int64(self.blank_id))
            scores = self._unexplained
        return self._placed(line, tokens, scores, readings, frozenset(missing))

    def score(self, words: range, frames: Extent, readings: Mapping[int, int]) -> float:
        """Log-probability of some words' best path on some frames; -inf if they do not fit."""
        line = lineup(self.written, readings=readings, words=words, gaps="ends")
        if not line.targets or frames_needed(line.tokens) > frames.end - frames.start:
            return -np.inf
        _, scores = self._align(self.log_probs[frames.start : frames.end], line)
        return float(scores.sum())

    def _align(
        self, heard: NDArray[np.float32], line: Lineup
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        return forced_align(
            heard,
            line.tokens,
            self.blank_id,
            free=line.free,
            inner=line.inner,
            absorb=self.rule.absorb,
            on_progress=self.on_progress,
        )

    def _placed(
        self,
        line: Lineup,
        tokens: NDArray[np.int64],
        scores: NDArray[np.float32],
        readings: Mapping[int, int],
        missing: frozenset[int],
    ) -> Placement:
        """tokens: int64 [T], a path of the line; scores: float32 [T], its log-probabilities."""
        spans = tuple(merge_tokens(tokens, scores, self.blank_id))
        gained = np.concatenate([[0.0], np.cumsum(scores - self._unexplained, dtype=np.float64)])
        evidence = np.full(len(line.places), np.nan)
        evidence[list(missing)] = self.rule.unsaid
        for index, place in enumerate(line.places):
            if place is not None:
                first, last = place
                gain = gained[spans[last].end] - gained[spans[first].start]
                evidence[index] = gain / (last + 1 - first)
        return Placement(line, spans, tokens, readings, missing, evidence)
