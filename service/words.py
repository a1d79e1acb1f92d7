"""From the token spans of a greedy path to the words that were heard."""

import itertools
import math
import operator
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from service.edges import word_edges
from service.levels import Levels
from service.spans import FrameClock, HeardToken, TokenSpan, Word
from service.text.vocabulary import Vocabulary

SPACE: Final = " "
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
            found.append(_Placed(text, place, held[first + skipped : end]))
            place += len(text) + 1
    return tuple(_timed(found, clock, levels))


def heard_tokens(spans: Sequence[TokenSpan], vocabulary: Vocabulary) -> tuple[HeardToken, ...]:
    """The pieces that the text of `heard_words` consists of, each with its span's score.

    The space between two words is the delimiter's piece, where the vocabulary has one; otherwise it
    belongs to the token that begins a word.
    """
    pieces: list[HeardToken] = []
    parted, delimiter = False, None
    for span in spans:
        reading = vocabulary.read(span.token)
        if reading is None:
            continue
        parted = parted or reading.begins_word
        if span.token == vocabulary.separator_id:
            delimiter = HeardToken(SPACE, span.score)
        if not reading.letters:
            continue
        space = SPACE if parted and pieces else ""
        if space and delimiter is not None:
            pieces.append(delimiter)
            space = ""
        pieces.append(HeardToken(space + reading.letters, span.score))
        parted, delimiter = False, None
    return tuple(pieces)


def joint_score(spans: Sequence[TokenSpan]) -> float:
    """exp(mean of log p over all frames of the spans), in [0, 1]; 0 if there is none."""
    if not spans:
        return 0.0
    frames = [span.end - span.start for span in spans]
    logs = [math.log(max(span.score, LEAST_SCORE)) for span in spans]
    return round(math.exp(sum(map(operator.mul, frames, logs)) / sum(frames)), 4)


class _Placed(NamedTuple):
    """A word, where it stands in its text, and the spans that speak it."""

    text: str
    char_start: int
    spans: Sequence[TokenSpan]


def _timed(placed: Sequence[_Placed], clock: FrameClock, levels: Levels) -> Iterator[Word]:
    """The words, in order, with their times: each ends before the next one begins."""
    nexts = [*(word.spans[0].start for word in placed[1:]), None]
    for (text, char_start, spans), next_start in zip(placed, nexts, strict=False):
        start, end = word_edges(spans, next_start, clock, levels)
        score = joint_score(spans)
        yield Word(text, start, end, score, "aligned", char_start, char_start + len(text))
