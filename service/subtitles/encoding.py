"""The bytes of a subtitle file as text, and back in the same encoding."""

import codecs
import re
from collections import Counter
from typing import Final

from service.errors import CorruptSubtitles

UTF_8: Final = "utf-8"
HEBREW_WINDOWS: Final = "windows-1255"
_FOREIGN_WORD: Final = re.compile(
    r"[a-zA-Z]*+[^\W\d_a-zA-Z][^\W\d_]*"
)  # with a letter beyond ASCII
# The mark stays in the text as U+FEFF, so that it is written back.
_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def decoded(content: bytes) -> tuple[str, str]:
    """The text and its encoding: UTF-8, UTF-16 with a byte order mark, or windows-1255 where a text
    that is not UTF-8 is Hebrew in it. `text.encode(encoding)` gives the bytes again.

    Raises CorruptSubtitles.
    """
    marked = next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
    try:
        return content.decode(marked or UTF_8), marked or UTF_8
    except UnicodeDecodeError as error:
        hebrew = None if marked else _hebrew(content)
        if hebrew is None:
            raise _undecodable(content, error, marked or UTF_8) from error
        return hebrew, HEBREW_WINDOWS


def _hebrew(content: bytes) -> str | None:
    """Other code pages have letters at the same places, but there they stand in words with Latin
    ones, or bytes among them that windows-1255 leaves empty.
    """
    try:
        text = content.decode(HEBREW_WINDOWS)
    except UnicodeDecodeError:
        return None
    words = Counter(map(_is_hebrew, _FOREIGN_WORD.findall(text)))
    return text if words[True] > words[False] else None


def _is_hebrew(word: str) -> bool:
    return all("\u05d0" <= letter <= "\u05ea" for letter in word)


def _undecodable(content: bytes, error: UnicodeDecodeError, encoding: str) -> CorruptSubtitles:
    line = 1 + content.count(b"\n", 0, error.start)
    return CorruptSubtitles(
        f"expected subtitles in UTF-8, in UTF-16 with a byte order mark, or in {HEBREW_WINDOWS}, "
        f"got byte 0x{content[error.start]:02x} in line {line}, which is no {encoding.upper()}",
        param="subtitles",
        line=line,
        place=error.start,
    )
