"""When each character of an aligned word is said, from the tokens that speak it."""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service.spans import Character, FrameClock, TokenSpan, Word
from service.text.lineup import Lineup
from service.text.written import Target


class Moment(NamedTuple):
    """When something is said, and how well that fits."""

    start: float  # seconds
    end: float  # seconds
    score: float | None  # in [0, 1]; None where no token speaks it


def placed_characters(
    lined_up: Lineup,
    words: Sequence[Word],
    spans: Sequence[TokenSpan],
    clock: FrameClock,
) -> tuple[Character, ...]:
    """Every character of every word, in order; spaces are none.

    words: the written ones with their times; spans: one a target of the lineup. A token lasts until
    the next one of its word begins, the last one until the word's end; the characters that it
    speaks share its time in equal parts and have its score. A character of several tokens lasts
    from the first to the last of them, and has the least of their scores; several characters that
    several tokens speak together, the digits of a number, share the time from the first to the
    last. What no token speaks, a point or a comma, stands without a score at the end of what comes
    before it; where that is the whole word, its characters share the word's time.
    """
    characters: list[Character] = []
    for word, held in zip(words, held_targets(lined_up), strict=True):
        moments = _moments(word, lined_up.targets[held], spans[held], clock)
        characters += _characters(word, moments)
    return tuple(characters)


def held_targets(lined_up: Lineup) -> Iterator[slice]:
    """The targets of each word; none of one without a place."""
    for places in lined_up.places:
        yield slice(0) if places is None else slice(places[0], places[1] + 1)


def turns(
    start: float, end: float, frames: Sequence[int], clock: FrameClock
) -> Iterator[tuple[float, float]]:
    """What begins on these frames, one after the other: each until the next, from a word's start to
    its end.
    """
    starts = [start, *(clock.seconds(frame) for frame in frames[1:])]
    return itertools.pairwise([*starts, end])


def _characters(word: Word, moments: dict[int, Moment]) -> Iterator[Character]:
    """Each character of a word: at its moment, or at the end of what comes before it."""
    end = word.start
    for place, text in enumerate(word.word, word.char_start):
        moment = moments.get(place)
        start, end, score = moment or (end, end, None)
        status = "interpolated" if score is None and word.status == "aligned" else word.status
        yield Character(text, start, end, score, status, place)


def _moments(
    word: Word, targets: Sequence[Target], spans: Sequence[TokenSpan], clock: FrameClock
) -> dict[int, Moment]:
    """Place in the text -> when it is said, for the characters of a word that have a time of their
    own; targets and spans are those of the word.
    """
    if word.start is None or word.end is None:
        return {}
    whole = Moment(word.start, word.end, word.score)
    if not targets:
        return _shared(range(word.char_start, word.char_end), whole)
    return _spoken(whole, targets, spans, clock)


def _spoken(
    word: Moment, targets: Sequence[Target], spans: Sequence[TokenSpan], clock: FrameClock
) -> dict[int, Moment]:
    """Place in the text -> when its tokens are said; targets and spans are those of the word."""
    # A mark that begins a word speaks no character: the first one that does begins where it does.
    groups = _groups(targets)
    lasting = turns(word.start, word.end, [spans[group[0]].start for group in groups], clock)
    moments: dict[int, Moment] = {}
    for group, (start, end) in zip(groups, lasting, strict=True):
        said = Moment(start, end, round(min(spans[index].score for index in group), 4))
        places = sorted({place for index in group for place in targets[index].places})
        for place, moment in _shared(places, said).items():
            moments[place] = _joined(moments.get(place, moment), moment)
    return moments


def _groups(targets: Sequence[Target]) -> list[list[int]]:
    """Of the targets that speak characters, those together that speak the same ones, two at
    least: which of them speaks which is not known.
    """
    groups: list[list[int]] = []
    before: tuple[int, ...] = ()
    for index, target in enumerate(targets):
        if not target.places:
            continue
        if len(set(before).intersection(target.places)) > 1:
            groups[-1].append(index)
        else:
            groups.append([index])
        before = target.places
    return groups


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
