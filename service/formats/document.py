"""What every writer reads: a text with its words and segments, heard or given."""

import itertools
import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from service.spans import Alignment, Character, Segment, Transcript, Word

PAUSE_SEC: Final = 0.7  # between two words of a transcript, that ends a segment
MAX_SEGMENT_SEC: Final = 15.0  # of a transcript
LEAST_SCORE: Final = 1e-30  # keeps log p finite
LEAST_SEC: Final = 0.001  # that a word weighs


@dataclass(frozen=True)
class Document:
    """What a file tells. `name`: of the recording, without a suffix; `characters` is None where
    they were not asked for, and of a transcript; `quality` is None of a transcript.

    Every word is in one segment, [first_word, end_word); places are those in `text`.
    """

    name: str
    text: str
    language: str
    model: str
    duration_sec: float
    words: tuple[Word, ...]
    segments: tuple[Segment, ...]
    characters: tuple[Character, ...] | None
    quality: float | None

    def words_of(self, segment: Segment) -> tuple[Word, ...]:
        """The words of a segment, in order."""
        return self.words[segment.first_word : segment.end_word]

    def characters_of(self, item: Word | Segment) -> tuple[Character, ...]:
        """The characters of a word or a segment, in order; none where there are none."""
        held = self.characters or ()
        first = bisect_left(held, item.char_start, key=_char_start)
        return held[first : bisect_left(held, item.char_end, first, key=_char_start)]


def document_of(result: Transcript | Alignment, name: str = "audio") -> Document:
    """An answer as a document.

    A transcript has no segments: one ends at each pause of PAUSE_SEC and more, and one that lasts
    longer than MAX_SEGMENT_SEC is divided at its longest pause, until none does.
    """
    if isinstance(result, Alignment):
        segments, characters, quality = result.segments, result.characters, result.quality
    else:
        segments, characters, quality = tuple(_segments(result.words, result.text)), None, None
    return Document(
        name=name,
        text=result.text,
        language=result.language,
        model=result.model,
        duration_sec=result.duration_sec,
        words=result.words,
        segments=segments,
        characters=characters,
        quality=quality,
    )


def _segments(words: Sequence[Word], text: str) -> Iterator[Segment]:
    for first, end in _runs(words):
        held = words[first:end]
        places = (held[0].char_start, held[-1].char_end)
        times = (held[0].start, held[-1].end)
        passage = text[places[0] : places[1]]
        yield Segment(passage, *times, _score(held), "aligned", *places, first, end)


def _runs(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """[first, end) of each segment."""
    pauses = [round(_start(after) - _end(before), 3) for before, after in itertools.pairwise(words)]
    breaks = [place for place, pause in enumerate(pauses, 1) if pause >= PAUSE_SEC]
    if words:
        for first, end in itertools.pairwise([0, *breaks, len(words)]):
            yield from _divided(words, pauses, first, end)


def _divided(
    words: Sequence[Word], pauses: Sequence[float], first: int, end: int
) -> Iterator[tuple[int, int]]:
    """Parts of a run, none longer than a segment may be unless it is a single word."""
    waiting = [(first, end)]
    while waiting:
        first, end = waiting.pop()
        if end - first == 1 or _end(words[end - 1]) - _start(words[first]) <= MAX_SEGMENT_SEC:
            yield first, end
            continue
        middle = (first + end) / 2
        place = max(range(first + 1, end), key=lambda at: (pauses[at - 1], -abs(at - middle)))
        waiting += [(place, end), (first, place)]


def _score(words: Sequence[Word]) -> float:
    """exp(mean log score), each word weighted by its length."""
    lengths = [max(_end(word) - _start(word), LEAST_SEC) for word in words]
    logs = [math.log(max(word.score or 0.0, LEAST_SCORE)) for word in words]
    mean = math.fsum(map(math.prod, zip(lengths, logs, strict=True))) / math.fsum(lengths)
    return round(math.exp(mean), 4)


def _start(word: Word) -> float:
    return word.start or 0.0


def _end(word: Word) -> float:
    return word.end or 0.0


def _char_start(character: Character) -> int:
    return character.char_start
