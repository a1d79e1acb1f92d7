"""From token spans to words: what was heard, and where each written word was."""

import itertools
import math
import operator
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from service.edges import word_edges
from service.spans import FrameClock, TokenSpan, Word
from service.text.lineup import Lineup
from service.text.vocabulary import Vocabulary
from service.text.written import WrittenText, WrittenWord

LEAST_SCORE: Final = 1e-30  # keeps log p finite where float32 had none left


def heard_words(
    spans: Sequence[TokenSpan], vocabulary: Vocabulary, clock: FrameClock
) -> tuple[Word, ...]:
    """Group the spans of a greedy path into words; special tokens leave no trace.

    Places are those in the words joined by single spaces.
    """
    read = [(span, vocabulary.read(span.token)) for span in spans]
    spoken = [(span, reading) for span, reading in read if reading is not None]
    held = [span for span, _ in spoken]
    starts = [index for index, (_, reading) in enumerate(spoken) if reading.begins_word]
    words: list[Word] = []
    place = 0
    for first, end in itertools.pairwise(sorted({0, *starts, len(spoken)})):
        text = "".join(reading.letters for _, reading in spoken[first:end])
        if text:
            # What stands between words belongs to neither; a mark within a token is the word's.
            skipped = held[first].token == vocabulary.separator_id
            words.append(_word(text, place, held, first + skipped, end - 1, clock))
            place += len(text) + 1
    return tuple(words)


def placed_words(
    written: WrittenText, lined_up: Lineup, spans: Sequence[TokenSpan], clock: FrameClock
) -> tuple[Word, ...]:
    """Every written word, in order, with the time of its spans: one span a target of the lineup.

    Words without targets share the gap that they stand in.
    """
    placed = [
        None if places is None else _word(item.text, item.char_start, spans, *places, clock)
        for item, places in zip(written.words, lined_up.places, strict=True)
    ]
    return tuple(_without_gaps(written.words, placed, clock))


def joint_score(spans: Sequence[TokenSpan]) -> float:
    """exp(mean of log p over all frames of the spans), in [0, 1]."""
    frames = [span.end - span.start for span in spans]
    logs = [math.log(max(span.score, LEAST_SCORE)) for span in spans]
    return round(math.exp(sum(map(operator.mul, frames, logs)) / sum(frames)), 4)


def _word(
    text: str,
    char_start: int,
    spans: Sequence[TokenSpan],
    first: int,
    last: int,
    clock: FrameClock,
) -> Word:
    start, end = word_edges(spans, first, last, clock)
    score = joint_score(spans[first : last + 1])
    return Word(text, start, end, score, "aligned", char_start, char_start + len(text))


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
