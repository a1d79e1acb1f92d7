"""WebVTT subtitles."""

import html
from collections.abc import Iterator
from typing import Final

from service.formats.bidi import directed
from service.formats.cues import CueWord, TimedCue, cues_of
from service.formats.document import Document
from service.formats.highlights import Shot, said_words, shots
from service.formats.options import FormatOptions
from service.formats.srt import stamp

POINT: Final = "."  # before the milliseconds


def write_vtt(document: Document, options: FormatOptions) -> str:
    """Cues as WebVTT, their text escaped; with word_timestamps, <00:00:01.500> before each word but
    the first, where it begins later than what stands before it.
    """
    turned = directed(document, options)
    blocks = [
        f"{stamp(shot.start, POINT)} --> {stamp(shot.end, POINT)}\n"
        + "".join(f"{turned(line)}\n" for line in _lines(cue, shot, options))
        for cue in cues_of(document, options)
        for shot in shots(cue, options)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _lines(cue: TimedCue, shot: Shot, options: FormatOptions) -> Iterator[str]:
    times = dict(_onsets(cue)) if options.word_timestamps else {}
    for line in cue.lines:
        yield " ".join(times.get(id(word), "") + _word(word, shot) for word in line)


def _onsets(cue: TimedCue) -> Iterator[tuple[int, str]]:
    """The identity of a word -> its tag; times ascend within the cue, as the standard wants."""
    place = cue.start
    for start, _, word in said_words(cue):
        if start > place:
            yield id(word), f"<{stamp(start, POINT)}>"
            place = start


def _word(word: CueWord, shot: Shot) -> str:
    text = html.escape(word.text, quote=False)
    return f"<u>{text}</u>" if word is shot.said else text
