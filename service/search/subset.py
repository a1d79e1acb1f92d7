"""The best path of a text of which words may be left out.

The states are those of service/search/trellis.py, in arrays of their own: "in label j", "in the gap
before it", and "between words", where other speech is absorbed. There, any number of words may be
left out (for a frame at least), each at a cost of its own: the best entry into the gap before word
w is the maximum over i < w of (gap i + costs before i) - costs before w, which is a running one.
So the graph stays as large as the text, and which words to leave out is decided for all together.

States are kept every sqrt(T) frames, and computed again block by block on the way back.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
# Where a label was entered from, one byte a cell.
STAY, GAP, LABEL = 0, 1, 2
LEFT_OUT: Final = -1  # in place of a label: between words


@dataclass(frozen=True)
class Thinnable:
    """A text of L labels in W words, on T frames.

    emissions: float64 [T, U], of each distinct token against the blank; labels: int64 [L], columns
    of it, of each label; firsts: int64 [W + 1], the first label of each word, then L.
    gaps: float64 [T], what a frame between words gains against its blank, 0 or more; loose: bool
    [L], where the gap before a label within a word is free as one between words is.
    costs: float64 [W], of leaving a word out, more than 0; passage: of leaving out any at all in
    one place, 0 or more.
    """

    emissions: Floats
    labels: Ints
    firsts: Ints
    gaps: Floats
    loose: NDArray[np.bool_]
    costs: Floats
    passage: float


def best_subset(text: Thinnable, on_progress: Callable[[float], None] = lambda _: None) -> Ints:
    """Which label of the text each frame of the best path holds: int64 [T], LEFT_OUT between words.

    Every word is held whole, or not at all. Frames in a gap within a word have the label before it.
    on_progress is told the fraction done, often; what it raises ends the search. Memory is about
    20 (L + W) sqrt(T) bytes, time goes with T L.
    """
    search = _Search(text)
    frames = len(text.emissions)
    length = max(1, math.isqrt(frames))
    kept: list[_States] = []
    states = search.first()
    for start in range(0, frames, length):
        kept.append(states)
        states = search.run(states, range(start, min(start + length, frames)))
        on_progress(0.5 * start / frames)
    walk = search.end(states)
    held = np.full(frames, LEFT_OUT, dtype=np.int64)
    for block in range(len(kept) - 1, -1, -1):
        span = range(block * length, min((block + 1) * length, frames))
        trail = _Trail(len(span), text)
        search.run(kept[block], span, trail)
        walk.back(trail, held[span.start : span.stop])
        on_progress(1.0 - 0.5 * block / len(kept))
    return held


@dataclass(frozen=True)
class _States:
    """Scores against a path of blanks: labels float64 [L]; inner gaps float64 [L], before each
    label, -inf before a first one; gaps float64 [W + 1], between words.
    """

    labels: Floats
    inner: Floats
    gaps: Floats


class _Trail:
    """Where the states of a block's frames came from.

    labels: uint8 [K, L]. inner: bool [K, L], from the label before. gaps: bool [K, W + 1], from the
    last label of the word before; skipped: int32 [K, W + 1], the gap from which words are left out.
    """

    def __init__(self, frames: int, text: Thinnable) -> None:
        count, words = len(text.labels), len(text.firsts)
        self.labels = np.zeros((frames, count), np.uint8)
        self.inner = np.zeros((frames, count), bool)
        self.gaps = np.zeros((frames, words), bool)
        self.skipped = np.zeros((frames, words), np.int32)


class _Search:
    """The forward pass, one step a frame."""

    def __init__(self, text: Thinnable) -> None:
        self._text = text
        self._starts = text.firsts[:-1]
        self._lasts = text.firsts[1:] - 1
        self._before = np.concatenate([[0.0], np.cumsum(text.costs)])
        self._order = np.arange(len(text.firsts))
        follows = np.zeros(len(text.labels), bool)
        follows[1:] = text.labels[1:] != text.labels[:-1]
        self._barred = np.where(follows, 0.0, -np.inf)  # equal labels need a blank between them

    def first(self) -> _States:
        """Before the first frame: in the gap before the first word, or any later one."""
        gaps = np.full(len(self._text.firsts), -np.inf)
        gaps[0] = 0.0
        nothing = np.full(len(self._text.labels), -np.inf)
        return _States(nothing, nothing.copy(), self._with_words_left_out(gaps)[0])

    def run(self, states: _States, span: range, trail: _Trail | None = None) -> _States:
        """The states after some frames. `trail` gets where they came from."""
        text = self._text
        labels, inner, gaps = states.labels.copy(), states.inner.copy(), states.gaps.copy()
        neighbour = np.full(len(labels), -np.inf)
        for step, frame in enumerate(span):
            neighbour[1:] = labels[:-1]
            before = inner.copy()
            before[self._starts] = gaps[:-1]
            straight = neighbour + self._barred
            entered = np.maximum(before, straight)
            if trail is not None:
                came = np.where(straight > before, LABEL, GAP)
                trail.labels[step] = np.where(labels >= entered, STAY, came)
                trail.inner[step] = neighbour > inner
                trail.gaps[step, 1:] = labels[self._lasts] > gaps[1:]
            np.maximum(gaps[1:], labels[self._lasts], out=gaps[1:])
            np.maximum(inner, neighbour, out=inner)
            inner[self._starts] = -np.inf
            if (gain := text.gaps[frame]) > 0:
                gaps += gain
                inner[text.loose] += gain
            np.maximum(labels, entered, out=labels)
            labels += text.emissions[frame].take(text.labels)
            gaps, skipped = self._with_words_left_out(gaps)
            if trail is not None:
                trail.skipped[step] = skipped
        return _States(labels, inner, gaps)

    def end(self, states: _States) -> "_Walk":
        """The way back from the best of the last states: a gap, or the last label of a word after
        which all others are left out.
        """
        ends = states.labels[self._lasts] - (self._before[-1] - self._before[1:])
        ends[:-1] -= self._text.passage
        word = int(np.argmax(ends))
        if states.gaps[-1] >= ends[word]:
            return _Walk(self._text, at_gap=True, place=len(self._lasts))
        return _Walk(self._text, at_gap=False, place=int(self._lasts[word]))

    def _with_words_left_out(self, gaps: Floats) -> tuple[Floats, Ints]:
        """The gaps, each entered from any before it where that is better, and from which."""
        standing = gaps + self._before
        best = np.maximum.accumulate(standing)
        origins = np.maximum.accumulate(np.where(standing >= best, self._order, 0))
        skipped = best[:-1] - self._before[1:] - self._text.passage
        better = skipped > gaps[1:]
        entered = gaps.copy()
        entered[1:][better] = skipped[better]
        return entered, np.append(0, np.where(better, origins[:-1], self._order[1:]))


class _Walk:
    """The way back through the blocks, from the last to the first.

    at_gap: whether the path is between words, `place` the word before which; otherwise in a label,
    or in the gap before it, and `place` is that.
    """

    def __init__(self, text: Thinnable, *, at_gap: bool, place: int) -> None:
        self._text = text
        self._word_of = np.repeat(np.arange(len(text.costs)), np.diff(text.firsts))
        self._between, self._within = at_gap, False
        self._place = place

    def back(self, trail: _Trail, held: Ints) -> None:
        """Fill int64 [K] with what a block's frames hold."""
        for step in range(len(held) - 1, -1, -1):
            if self._between:
                self._leave_gap(trail, step)
            elif self._within:
                held[step] = self._place - 1
                if trail.inner[step, self._place]:
                    self._within, self._place = False, self._place - 1
            else:
                held[step] = self._place
                self._leave_label(int(trail.labels[step, self._place]))

    def _leave_gap(self, trail: _Trail, step: int) -> None:
        word = int(trail.skipped[step, self._place])
        self._place = word
        if trail.gaps[step, word]:
            self._between, self._place = False, int(self._text.firsts[word]) - 1

    def _leave_label(self, origin: int) -> None:
        if origin == LABEL:
            self._place -= 1
        elif origin == GAP:
            word = int(self._word_of[self._place])
            if self._place == self._text.firsts[word]:
                self._between, self._place = True, word
            else:
                self._within = True
