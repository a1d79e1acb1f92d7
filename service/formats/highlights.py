"""A cue shown once for each of its words, as karaoke is."""

from collections.abc import Iterator
from typing import NamedTuple

from service.formats.cues import CueWord, TimedCue
from service.formats.options import FormatOptions


class Shot(NamedTuple):
    """A part of a cue's time, in milliseconds, and the word that is said then; None in a gap."""

    start: int
    end: int
    said: CueWord | None


def shots(cue: TimedCue, options: FormatOptions) -> Iterator[Shot]:
    """One shot, or, where words are highlighted, one for each word and each gap between two; they
    fill the cue's time.
    """
    place = cue.start
    if options.highlight_words:
        for start, end, word in said_words(cue):
            if start > place:
                yield Shot(place, start, None)
            yield Shot(start, end, word)
            place = end
    if place < cue.end:
        yield Shot(place, cue.end, None)


def said_words(cue: TimedCue) -> Iterator[tuple[int, int, CueWord]]:
    """The words that take time, with that time, one after the other, within the cue's."""
    place = cue.start
    for line in cue.lines:
        for word in line:
            if word.times is None:
                continue
            start = min(max(word.times[0], place), cue.end)
            end = min(max(word.times[1], start), cue.end)
            if start < end:
                yield start, end, word
                place = end
