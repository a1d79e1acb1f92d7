"""Praat's TextGrid, in the long form.

praatio could write it, but drops the labels of short intervals; the form is a dozen lines.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from service.formats.document import Document
from service.formats.labels import one_line
from service.formats.options import FormatOptions
from service.spans import Character, Segment, Word

LEAST_SEC: Final = 0.001  # that an interval lasts; times are whole milliseconds
SHORTEST_SEC: Final = LEAST_SEC / 2  # what rounding leaves of it


class Interval(NamedTuple):
    """A label from start to end, in seconds."""

    start: float
    end: float
    label: str


def write_textgrid(document: Document, _: FormatOptions) -> str:
    """Tiers of words, characters and segments, each contiguous from 0 to the end.

    Characters only where the document has them. What was not found has no interval. What lasts no
    time, such as a comma among the characters, stands in the label of the interval before it, or
    of the one after it where it comes first.
    """
    words = _timed((word, word.word) for word in document.words)
    tiers = {"words": _pinned(_joined(words, " "))}
    if document.characters is not None:
        characters = itertools.chain.from_iterable(map(_characters_of(document), document.words))
        tiers["characters"] = _pinned(_joined(characters, ""))
    segments = _timed((item, item.text) for item in document.segments)
    tiers["segments"] = _pinned(_joined(segments, " "))
    ends = (intervals[-1].end for intervals in tiers.values() if intervals)
    return "\n".join(_grid(tiers, max(LEAST_SEC, round(document.duration_sec, 3), *ends))) + "\n"


def _timed(items: Iterable[tuple[Word | Character | Segment, str]]) -> Iterator[Interval]:
    for item, text in items:
        if item.start is not None and item.end is not None:
            yield Interval(item.start, item.end, one_line(text))


def _characters_of(document: Document) -> Callable[[Word], list[Interval]]:
    """Joined within a word first, so that a quote before it is not put to the word before."""
    return lambda word: _joined(
        _timed((item, item.char) for item in document.characters_of(word)), ""
    )


def _joined(items: Iterable[Interval], space: str) -> list[Interval]:
    """Intervals that last, in order, apart from each other, and with the labels of those between
    that do not; if none lasts, one that does not with all labels.
    """
    held: list[Interval] = []
    over = 0.0
    for item in items:
        start = max(item.start, over)
        end = max(item.end, start)
        if held and not (_lasts(held[-1]) and end - start >= SHORTEST_SEC):
            first, last = held[-1], Interval(start, end, item.label)
            timed = first if _lasts(first) else last
            held[-1] = timed._replace(label=space.join([first.label, last.label]))
        else:
            held.append(Interval(start, end, item.label))
        over = held[-1].end
    return held


def _lasts(interval: Interval) -> bool:
    return interval.end - interval.start >= SHORTEST_SEC


def _pinned(intervals: list[Interval]) -> list[Interval]:
    """The same, and a millisecond for labels none of which lasts."""
    if intervals and not _lasts(intervals[-1]):
        start = intervals[-1].start
        intervals[-1] = intervals[-1]._replace(end=start + LEAST_SEC)
    return intervals


def _contiguous(intervals: Iterable[Interval], end: float) -> Iterator[Interval]:
    place = 0.0
    for item in intervals:
        if item.start > place:
            yield Interval(place, item.start, "")
        yield item
        place = item.end
    if place < end:
        yield Interval(place, end, "")


def _grid(tiers: dict[str, list[Interval]], end: float) -> Iterator[str]:
    yield from ('File type = "ooTextFile"', 'Object class = "TextGrid"', "")
    yield from ("xmin = 0", f"xmax = {_seconds(end)}", "tiers? <exists>", f"size = {len(tiers)}")
    yield "item []:"
    for number, (name, intervals) in enumerate(tiers.items(), 1):
        yield f"    item [{number}]:"
        yield from _tier(name, list(_contiguous(intervals, end)), end)


def _tier(name: str, intervals: list[Interval], end: float) -> Iterator[str]:
    indent = " " * 8
    yield from (f'{indent}class = "IntervalTier"', f'{indent}name = "{name}"')
    yield from (f"{indent}xmin = 0", f"{indent}xmax = {_seconds(end)}")
    yield f"{indent}intervals: size = {len(intervals)}"
    for number, item in enumerate(intervals, 1):
        yield f"{indent}intervals [{number}]:"
        yield f"{indent}    xmin = {_seconds(item.start)}"
        yield f"{indent}    xmax = {_seconds(item.end)}"
        label = item.label.replace('"', '""')
        yield f'{indent}    text = "{label}"'


def _seconds(value: float) -> str:
    """To the millisecond, without idle zeros."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
