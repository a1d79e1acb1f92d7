"""When each word and each segment of a written text is said, from where the search placed it."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from service.ctc import ABSORBED
from service.edges import word_edges
from service.levels import Levels
from service.placing.placement import Extent, Placement, nearest, said
from service.spans import FrameClock, Segment, Status, TokenSpan, Word
from service.text.written import Reading, WrittenText
from service.words import joint_score


def placed_words(
    written: WrittenText, placement: Placement, clock: FrameClock, levels: Levels
) -> tuple[Word, ...]:
    """Every written word, in order, with its time if it was found.

    levels: float32 [M], of the whole recording. What stands in a word that the model cannot spell
    is the word's, too, as far as it was absorbed at its ends. Words without targets share what was
    absorbed between their neighbours, or the gap itself if nothing was.
    """
    found = list(_found(written, placement))
    timed: dict[int, Word] = {}
    for own, following in itertools.pairwise([*found, None]):
        if own is not None:
            start, end = _times(placement, own, following, clock, levels)
            timed[own.word] = _word(written, placement, own, start, end)
    return tuple(_all_words(written, placement, timed, clock, levels))


def placed_segments(
    written: WrittenText, placement: Placement, words: Sequence[Word]
) -> tuple[Segment, ...]:
    """Every segment of a text, in order. words: all of it, with their times."""
    segments = []
    for item in written.segments:
        held = words[item.first : item.last + 1]
        timed = [word for word in held if word.start is not None]
        status, score = _joint(placement, item.first, item.last, held)
        start = timed[0].start if timed else None
        end = timed[-1].end if timed else None
        places = (item.char_start, item.char_end, item.first, item.last + 1)
        segments.append(Segment(item.text, start, end, score, status, *places))
    return tuple(segments)


def spoken_spans(placement: Placement, words: slice = slice(None)) -> list[TokenSpan]:
    """The spans of some words' tokens, all by default; none of what parts words."""
    places = [place for place in placement.line.places[words] if place is not None]
    return [span for first, last in places for span in placement.spans[first : last + 1]]


class _Found(NamedTuple):
    """A word that was found: its targets [first, last], and all frames that are its."""

    word: int
    first: int
    last: int
    extent: Extent


def _found(written: WrittenText, placement: Placement) -> Iterator[_Found]:
    for index, places in enumerate(placement.line.places):
        if places is not None:
            reading = said(written, placement, index)
            yield _Found(index, *places, _extended(placement, reading, *places))


def _extended(placement: Placement, reading: Reading, first: int, last: int) -> Extent:
    """The frames of a word's tokens, and of what was absorbed at its ends where it is free."""
    start, end = placement.spans[first].start, placement.spans[last].end
    if 0 in reading.free and (before := placement.absorbed.get(first)):
        start = before.start
    if len(reading.targets) in reading.free and (after := placement.absorbed.get(last + 1)):
        end = after.end
    return Extent(start, end)


def _times(
    placement: Placement,
    own: _Found,
    following: _Found | None,
    clock: FrameClock,
    levels: Levels,
) -> tuple[float, float]:
    """Start and end of a found word in seconds; following: the next one that was found."""
    next_start, adjoining = None, False
    if following is not None:
        next_start = max(following.extent.start, own.extent.end)
        adjoining = following.word == own.word + 1
    if (other := _absorbed_between(placement, own, following)) is not None:
        next_start, adjoining = other, True
    spans = list(placement.spans[own.first : own.last + 1])
    if own.extent.end > spans[-1].end:
        spans.append(_last_frame(own.extent))
    start, end = word_edges(spans, next_start, clock, levels, adjoining=adjoining)
    return min(start, clock.seconds(own.extent.start)), end


def _absorbed_between(placement: Placement, own: _Found, following: _Found | None) -> int | None:
    """The frame at which something else is said before the following word; None if nothing is."""
    last = len(placement.spans) if following is None else following.first
    starts = (
        placement.absorbed[position].start
        for position in range(own.last + 1, last + 1)
        if position in placement.absorbed
    )
    return next((start for start in starts if start >= own.extent.end), None)


def absorbed_times(
    extent: Extent, next_start: int | None, clock: FrameClock, levels: Levels
) -> tuple[float, float]:
    """Start and end in seconds of speech that was absorbed; next_start: the frame at which the next
    word begins, None after the last. As of a word: its sound goes on after its last frame.
    """
    first = extent._replace(end=extent.start + 1)
    return word_edges([_last_frame(first), _last_frame(extent)], next_start, clock, levels)


def _last_frame(extent: Extent) -> TokenSpan:
    """For the edges, which look at the sound there alone."""
    return TokenSpan(ABSORBED, extent.end - 1, extent.end, 0.0)


def _word(
    written: WrittenText, placement: Placement, own: _Found, start: float, end: float
) -> Word:
    item = written.words[own.word]
    reading = None
    if len(item.readings) > 1 or any(map(str.isdigit, item.text)):
        reading = said(written, placement, own.word).text
    score = joint_score(placement.spans[own.first : own.last + 1])
    return Word(item.text, start, end, score, "aligned", item.char_start, item.char_end, reading)


def _all_words(
    written: WrittenText,
    placement: Placement,
    timed: Mapping[int, Word],
    clock: FrameClock,
    levels: Levels,
) -> Iterator[Word]:
    """The timed words, and the others between them."""
    gap_start = 0.0
    for is_timed, group in itertools.groupby(range(len(written.words)), timed.__contains__):
        run = list(group)
        if is_timed:
            yield from (timed[index] for index in run)
            gap_start = timed[run[-1]].end or gap_start
            continue
        follower = timed.get(run[-1] + 1)
        gap_end = round(clock.duration_sec, 3) if follower is None else follower.start or gap_start
        silent = [index for index in run if index not in placement.missing]
        start, end = _part_of_gap(placement, run, (gap_start, gap_end), clock, levels)
        edges = np.linspace(start, end, len(silent) + 1).round(3).tolist()
        times = dict(zip(silent, itertools.pairwise(edges), strict=True))
        yield from (_untimed(written, index, times.get(index)) for index in run)


def _untimed(written: WrittenText, index: int, time: tuple[float, float] | None) -> Word:
    """A word without tokens, at the time that is left for it, or one that was not said."""
    item = written.words[index]
    places = (item.char_start, item.char_end)
    if time is None:
        return Word(item.text, None, None, None, "not_found", *places)
    return Word(item.text, *time, None, "interpolated", *places)


def _part_of_gap(
    placement: Placement,
    run: Sequence[int],
    gap: tuple[float, float],
    clock: FrameClock,
    levels: Levels,
) -> tuple[float, float]:
    """Of the gap that a run of words stands in: what was absorbed there, or all of it."""
    positions = placement.between(run[0], run[-1])
    heard = [placement.absorbed[item] for item in positions if item in placement.absorbed]
    if not heard:
        return gap
    after = nearest(placement, range(run[-1] + 1, len(placement.line.places)))
    next_start = None if after is None else placement.extent(after).start
    start, end = gap
    whole = Extent(heard[0].start, heard[-1].end)
    first, last = absorbed_times(whole, next_start, clock, levels)
    return min(max(first, start), end), min(max(last, start), end)


def _joint(
    placement: Placement, first: int, last: int, words: Sequence[Word]
) -> tuple[Status, float | None]:
    """Of the words [first, last] together."""
    statuses = {word.status for word in words}
    spans = spoken_spans(placement, slice(first, last + 1))
    if spans:
        return "aligned", joint_score(spans)
    return ("interpolated" if "interpolated" in statuses else "not_found"), None
