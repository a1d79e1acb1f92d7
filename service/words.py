"""From token spans to words: what was heard, and where each written word was."""

import itertools
import math
import operator
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from service.edges import word_edges
from service.levels import Levels
from service.spans import FrameClock, TokenSpan, Word
from service.text.mapping import WrittenText, WrittenWord
from service.text.vocabulary import Vocabulary

LEAST_SCORE: Final = 1e-30  # keeps log p finite where float32 had none left


def heard_words(
    spans: Sequence[TokenSpan], vocabulary: Vocabulary, clock: FrameClock, levels: Levels
) -> tuple[Word, ...]:
    """Group the spans of a greedy path into words; special tokens leave no trace.

    levels: float32 [M], of the whole recording. Places are those in the words joined by single
    spaces.
    """
    read = [(span, vocabulary.read(span.token)) for span in spans]
    spoken = [(span, reading) for span, reading in read if reading is not None]
    held = [span for span, _ in spoken]
    starts = [index for index, (_, reading) in enumerate(spoken) if reading.begins_word]
    found: list[_Placed] = []
    place = 0
    for first, end in itertools.pairwise(sorted({0, *starts, len(spoken)})):
        text = "".join(reading.letters for _, reading in spoken[first:end])
        if text:
            # What stands between words belongs to neither; a mark within a token is the word's.
            skipped = held[first].token == vocabulary.separator_id
            found.append(_Placed(text, place, held[first + skipped : end], adjoining=True))
            place += len(text) + 1
    return tuple(_timed(found, clock, levels))


def placed_words(
    written: WrittenText, spans: Sequence[TokenSpan], clock: FrameClock, levels: Levels
) -> tuple[Word, ...]:
    """Every written word, in order, with the time of its spans: one span a target.

    levels: float32 [M], of the whole recording. Words without targets share the gap that they stand
    in.
    """
    speakable = [item.first is not None for item in written.words]
    spoken = [
        _Placed(item.text, item.char_start, spans[item.first : item.last + 1], after)
        for item, after in zip(written.words, [*speakable, False][1:], strict=True)
        if item.first is not None and item.last is not None
    ]
    timed = _timed(spoken, clock, levels)
    placed = [None if item.first is None else next(timed) for item in written.words]
    return tuple(_without_gaps(written.words, placed, clock))


def joint_score(spans: Sequence[TokenSpan]) -> float:
    """exp(mean of log p over all frames of the spans), in [0, 1]."""
    frames = [span.end - span.start for span in spans]
    logs = [math.log(max(span.score, LEAST_SCORE)) for span in spans]
    return round(math.exp(sum(map(operator.mul, frames, logs)) / sum(frames)), 4)


class _Placed(NamedTuple):
    """A word, where it stands in its text, and the spans that speak it.

    adjoining: whether the next one is spoken, too, so that nothing else is said between them.
    """

    text: str
    char_start: int
    spans: Sequence[TokenSpan]
    adjoining: bool


def _timed(placed: Sequence[_Placed], clock: FrameClock, levels: Levels) -> Iterator[Word]:
    """The words, in order, with their times: each ends before the next one begins."""
    nexts = [*(word.spans[0].start for word in placed[1:]), None]
    for (text, char_start, spans, adjoining), next_start in zip(placed, nexts, strict=False):
        start, end = word_edges(spans, next_start, clock, levels, adjoining=adjoining)
        score = joint_score(spans)
        yield Word(text, start, end, score, "aligned", char_start, char_start + len(text))


def _without_gaps(
    written: Sequence[WrittenWord], placed: Sequence[Word | None], clock: FrameClock
) -> Iterator[Word]:
    """Give each run of words without a time equal parts of the gap between its neighbours."""
    end_of_audio = round(clock.duration_sec, 3)
    gap_start = 0.0
    for spoken, run in itertools.groupby(range(len(placed)), lambda i: placed[i] is not None):
        indices = list(run)
        if spoken:
            words = [word for word in placed[indices[0] : indices[-1] + 1] if word is not None]
            gap_start = words[-1].end or gap_start
            yield from words
            continue
        follower = placed[indices[-1] + 1] if indices[-1] + 1 < len(placed) else None
        gap_end = end_of_audio if follower is None else follower.start or gap_start
        edges = np.linspace(gap_start, gap_end, len(indices) + 1).round(3).tolist()
        for index, (start, end) in zip(indices, itertools.pairwise(edges), strict=True):
            item = written[index]
            yield Word(item.text, start, end, None, "interpolated", item.char_start, item.char_end)
