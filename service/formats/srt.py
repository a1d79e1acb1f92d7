"""SubRip subtitles. The format is three lines a cue; what players do with its text is the work."""

import re
from typing import Final

from service.formats.bidi import directed
from service.formats.cues import MS, CueWord, TimedCue, cues_of
from service.formats.document import Document
from service.formats.highlights import Shot, shots
from service.formats.options import FormatOptions

WORD_JOINER: Final = "\u2060"  # takes no room, and is in no tag
# SRT cannot escape. What players take for a tag, an override or a line break of ASS, and readers
# for the times of a cue.
_MARKUP: Final = re.compile(r"<(?=[^\s<])|\{(?=[\\\w])|\\(?=[Nnh{}])|--(?=>)")


def write_srt(document: Document, options: FormatOptions) -> str:
    """Cues as SRT, lines ending with LF.

    A word joiner stands within what would be read as markup, so that it is shown. Players built on
    libass hide what stands in braces all the same.
    """
    turned = directed(document, options)
    cues = cues_of(document, options)
    shown = ((cue, shot) for cue in cues for shot in shots(cue, options))
    return "".join(
        f"{number}\n{stamp(shot.start)} --> {stamp(shot.end)}\n"
        + "".join(f"{turned(line)}\n" for line in _lines(cue, shot))
        + "\n"
        for number, (cue, shot) in enumerate(shown, 1)
    )


def stamp(milliseconds: int, mark: str = ",") -> str:
    """00:01:02,345"""
    seconds, thousandths = divmod(milliseconds, MS)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}{mark}{thousandths:03d}"


def _lines(cue: TimedCue, shot: Shot) -> list[str]:
    return [" ".join(_word(word, shot) for word in line) for line in cue.lines]


def _word(word: CueWord, shot: Shot) -> str:
    text = _MARKUP.sub(lambda match: match[0] + WORD_JOINER, word.text)
    return f"<u>{text}</u>" if word is shot.said else text
