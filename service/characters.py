"""When each character of an aligned word is said, from the tokens that speak it."""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service.spans import Character, FrameClock, TokenSpan, Word
from service.text.mapping import Target, WrittenText, WrittenWord


class Moment(NamedTuple):
    """When something is said, and how well that fits."""

    start: float  # seconds
    end: float  # seconds
    score: float | None  # in [0, 1]; None where no token speaks it


def placed_characters(
    written: WrittenText,
    words: Sequence[Word],
    spans: Sequence[TokenSpan],
    clock: FrameClock,
) -> tuple[Character, ...]:
    """Every character of every word, in order; spaces are none.

    words: the written ones with their times; spans: one a target. A token lasts until the next one
    of its word begins, the last one until the word's end; the characters that it speaks share its
    time in equal parts and have its score. A character of several tokens lasts from the first to
    the last of them, and has the least of their scores. What no token speaks, a point or a comma,
    stands without a score at the end of what comes before it; where that is the whole word, its
    characters share the word's time.
    """
    characters: list[Character] = []
    for item, word in zip(written.words, words, strict=True):
        characters += _characters(word, _moments(item, word, written.targets, spans, clock))
    return tuple(characters)


def _characters(word: Word, moments: dict[int, Moment]) -> Iterator[Character]:
    """Each character of a word: at its moment, or at the end of what comes before it."""
    end = word.start
    for place, text in enumerate(word.word, word.char_start):
        moment = moments.get(place)
        start, end, score = moment or (end, end, None)
        status = "interpolated" if score is None and word.status == "aligned" else word.status
        yield Character(text, start, end, score, status, place)


def _moments(
    item: WrittenWord,
    word: Word,
    targets: Sequence[Target],
    spans: Sequence[TokenSpan],
    clock: FrameClock,
) -> dict[int, Moment]:
    """Place in the text -> when it is said, for the characters of a word that have a time of their
    own; targets and spans are those of the whole text.
    """
    if word.start is None or word.end is None:
        return {}
    whole = Moment(word.start, word.end, word.score)
    if item.first is None or item.last is None:
        return _shared(range(item.char_start, item.char_end), whole)
    held = slice(item.first, item.last + 1)
    return _spoken(whole, targets[held], spans[held], clock)


def _spoken(
    word: Moment, targets: Sequence[Target], spans: Sequence[TokenSpan], clock: FrameClock
) -> dict[int, Moment]:
    """Place in the text -> when its tokens are said; targets and spans are those of the word."""
    # A mark that begins a word speaks no character: the first one that does begins where it does.
    voiced = [index for index, target in enumerate(targets) if target.places]
    starts = [word.start, *(clock.seconds(spans[index].start) for index in voiced[1:])]
    moments: dict[int, Moment] = {}
    for index, (start, end) in zip(voiced, itertools.pairwise([*starts, word.end]), strict=True):
        token = Moment(start, end, round(spans[index].score, 4))
        for place, moment in _shared(targets[index].places, token).items():
            moments[place] = _joined(moments.get(place, moment), moment)
    return moments


def _shared(places: Sequence[int], moment: Moment) -> dict[int, Moment]:
    """Equal parts of a moment, one a place; edges are rounded to a millisecond."""
    share = (moment.end - moment.start) / len(places)
    edges = [round(moment.start + share * part, 3) for part in range(len(places) + 1)]
    return {
        place: Moment(start, end, moment.score)
        for place, (start, end) in zip(places, itertools.pairwise(edges), strict=True)
    }


def _joined(first: Moment, last: Moment) -> Moment:
    """From the first to the last, as good as the worse of them."""
    scores = [score for score in (first.score, last.score) if score is not None]
    return Moment(first.start, last.end, min(scores, default=None))
