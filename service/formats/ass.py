"""Advanced SubStation Alpha, with karaoke: each word lights up when it is said."""

import re
from collections.abc import Iterator
from typing import Final

from pysubs2 import Color, SSAEvent, SSAFile, SSAStyle

from service.formats.bidi import directed
from service.formats.cues import TimedCue, cues_of
from service.formats.document import Document
from service.formats.highlights import said_words
from service.formats.options import FormatOptions

CENTISECOND: Final = 10  # milliseconds
NOTICE: Final = "Kolvani"
SCREEN: Final = {"PlayResX": "1920", "PlayResY": "1080", "ScaledBorderAndShadow": "yes"}
STYLE: Final = SSAStyle(
    fontname="Arial",  # has Hebrew; renderers find another for Devanagari
    fontsize=72.0,
    primarycolor=Color(255, 255, 255),  # said
    secondarycolor=Color(150, 150, 150),  # not yet
    outline=3.0,
    shadow=1.0,
    marginv=60,
)
NEW_LINE: Final = r"\N"
# As FFmpeg writes them: \{ is a brace, and a word joiner keeps a backslash from being a command.
_BRACE: Final = re.compile(r"[{}]")
_BACKSLASH: Final = "\\\u2060"


def write_ass(document: Document, options: FormatOptions) -> str:
    r"""Cues as ASS, {\k} before each word with its length in hundredths of a second.

    The format cannot tell times from ten hours on: pysubs2 warns and writes its last.
    """
    turned = directed(document, options)
    script = SSAFile()
    script.info.update(SCREEN)
    script.styles["Default"] = STYLE.copy()
    script.events = [
        SSAEvent(start=cue.start, end=cue.end, text=NEW_LINE.join(map(turned, _lines(cue))))
        for cue in cues_of(document, options)
    ]
    return script.to_string("ass", header_notice=NOTICE)


def _lines(cue: TimedCue) -> list[str]:
    tags = dict(_syllables(cue))
    return [
        " ".join(tags.get(id(word), "") + _escaped(word.text) for word in line)
        for line in cue.lines
    ]


def _syllables(cue: TimedCue) -> Iterator[tuple[int, str]]:
    """The identity of a word -> its tag, after that of the gap before it. Words without a time
    light up with the one before them.
    """
    place = _hundredths(cue.start)
    for start, end, word in said_words(cue):
        begin, over = _hundredths(start), _hundredths(end)
        gap = f"{{\\k{begin - place}}}" if begin > place else ""
        yield id(word), f"{gap}{{\\k{over - begin}}}"
        place = over


def _hundredths(milliseconds: int) -> int:
    """Rounded as pysubs2 rounds the times of events, so that their sum is right."""
    return (milliseconds + CENTISECOND // 2) // CENTISECOND


def _escaped(text: str) -> str:
    return _BRACE.sub(r"\\\g<0>", text.replace("\\", _BACKSLASH))
