"""The cues of SRT and WebVTT, with the places of their times.

webvtt-py reads the cues, and their times are found again in the text. The library drops what it
cannot read, as players do. Here nothing may be dropped: a line with an arrow that is no cue of the
library's is an error that names the line.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError
from webvtt.models import Timestamp
from webvtt.srt import SRTCueBlock
from webvtt.vtt import WebVTTCueBlock

from service.errors import CorruptSubtitles
from service.subtitles.captions.stamps import MS, Stamp
from service.subtitles.cue import Cue, line_number
from service.subtitles.spoken import spoken_text

CaptionFormat = Literal["srt", "vtt"]

MARK: Final = "\ufeff"  # the byte order mark
ARROW: Final = "-->"
MAX_DIGITS: Final = 10  # of a field, as the library has it
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_TIMINGS: Final = {
    "srt": SRTCueBlock.CUE_TIMINGS_PATTERN,
    "vtt": WebVTTCueBlock.CUE_TIMINGS_PATTERN,
}
_EXPECTED: Final = {
    "srt": "the number of a cue and below it its times, such as 00:00:01,000 --> 00:00:02,500",
    "vtt": "the times of a cue, such as 00:01.000 --> 00:02.500",
}
_INLINE: Final = re.compile(r"<((?:\d{2,4}:)?[0-5]\d:[0-5]\d\.\d{3})>")  # when a part is shown


@dataclass(frozen=True)
class PlacedCue:
    """A cue with its two times, and the times within its text."""

    cue: Cue
    start: Stamp
    end: Stamp
    inline: tuple[Stamp, ...]


@dataclass(frozen=True)
class _Line:
    start: int  # in the text
    text: str


def placed_cues(text: str, form: CaptionFormat) -> Iterator[PlacedCue]:
    """The cues in the order of the file. Raises CorruptSubtitles."""
    return _Reader(text, form).cues()


class _Reader:
    """One pass over the lines, beside the captions that the library has found in them."""

    def __init__(self, text: str, form: CaptionFormat) -> None:
        self._text, self._form = text, form
        self._lines = list(_lines(text))
        if form == "srt":  # blank lines before the first cue are common, and no harm
            first = next((n for n, line in enumerate(self._lines) if line.text.strip()), 0)
            del self._lines[:first]
        self._next = 0  # line

    def cues(self) -> Iterator[PlacedCue]:
        captions = self._captions()
        waiting = next(captions, None)
        while self._next < len(self._lines):
            line = self._lines[self._next]
            self._next += 1
            if ARROW not in line.text:
                continue
            start, end = self._stamps(line)
            if waiting is not None and self._is(waiting, start, end):
                yield self._with_text(waiting, start, end)
                waiting = next(captions, None)
            elif self._form == "srt" and self._shows_nothing():
                yield _placed([], start, end, ())
            else:
                raise self._corrupt(line)
        if waiting is not None:
            raise self._corrupt(self._lines[-1])

    def _captions(self) -> Iterator[webvtt.Caption]:
        lines = [line.text for line in self._lines]
        if self._form == "srt":
            lines[0] = lines[0].strip()  # the library wants nothing else than digits there
        try:
            return iter(webvtt.from_buffer(lines, format=self._form).captions)
        except (MalformedFileError, MalformedCaptionError) as error:
            raise self._corrupt(self._lines[0]) from error

    def _stamps(self, line: _Line) -> tuple[Stamp, Stamp]:
        match = _TIMINGS[self._form].match(line.text)
        if match is None or line.text[match.end() : match.end() + 1].isdigit():
            raise self._corrupt(line)
        start, end = (
            Stamp(
                line.start + match.start(group), line.start + match.end(group), self._ms(line, text)
            )
            for group, text in enumerate(match.groups(), 1)
        )
        return start, end

    def _ms(self, line: _Line, stamp: str) -> int:
        """As the library reads it: in SRT, 07,5 is 5 ms, in WebVTT, 07.5 is 500 ms."""
        *clock, fraction = re.split("[:,.]", stamp)
        if self._form == "vtt":
            fraction = fraction.ljust(3, "0")
        if max(map(len, (*clock, fraction))) > MAX_DIGITS:
            raise self._corrupt(line)
        total = 0
        for field in clock:
            total = total * 60 + int(field)
        return total * MS + int(fraction)

    def _is(self, caption: webvtt.Caption, start: Stamp, end: Stamp) -> bool:
        """Whether these are its times, and its text comes next."""
        times = caption.start_time.in_milliseconds(), caption.end_time.in_milliseconds()
        if times != (start.milliseconds, end.milliseconds):
            return False
        return not caption.lines or self._place_of(caption.lines[0], self._next) is not None

    def _with_text(self, caption: webvtt.Caption, start: Stamp, end: Stamp) -> PlacedCue:
        inline: list[Stamp] = []
        for text in caption.lines:
            place = self._place_of(text, self._next)
            if place is None:
                raise self._corrupt(self._lines[self._next - 1])
            if self._form == "vtt":
                inline += self._inline(self._lines[place])
            self._next = place + 1
        return _placed(caption.lines, start, end, tuple(inline))

    def _place_of(self, text: str, place: int) -> int | None:
        """The line of this text, with nothing but blank lines before it."""
        while place < len(self._lines) and self._lines[place].text != text:
            if self._lines[place].text.strip():
                return None
            place += 1
        return place if place < len(self._lines) else None

    def _shows_nothing(self) -> bool:
        """Whether the next thing after these times is another cue's number, or the end."""
        places = range(self._next, len(self._lines))
        rest = (line for line in map(self._lines.__getitem__, places) if line.text.strip())
        number, timings = next(rest, None), next(rest, None)
        if number is None or ARROW in number.text:
            return True
        return number.text.strip().isdigit() and timings is not None and ARROW in timings.text

    def _inline(self, line: _Line) -> Iterator[Stamp]:
        for match in _INLINE.finditer(line.text):
            ms = Timestamp.from_string(match.group(1)).in_milliseconds()
            yield Stamp(line.start + match.start(1), line.start + match.end(1), ms)

    def _corrupt(self, line: _Line) -> CorruptSubtitles:
        number = line_number(self._text, line.start)
        got = line.text[:80] or "an empty line"
        return CorruptSubtitles(
            f"expected {_EXPECTED[self._form]}, got line {number}: {got}",
            param="subtitles",
            line=number,
        )


def _lines(text: str) -> Iterator[_Line]:
    place = len(MARK) if text.startswith(MARK) else 0
    for end in _LINE_END.finditer(text, place):
        yield _Line(place, text[place : end.start()])
        place = end.end()
    yield _Line(place, text[place:])


def _placed(lines: Sequence[str], start: Stamp, end: Stamp, inline: tuple[Stamp, ...]) -> PlacedCue:
    text = "\n".join(lines)
    cue = Cue(text, spoken_text(text), start.milliseconds / MS, end.milliseconds / MS)
    return PlacedCue(cue, start, end, inline)
