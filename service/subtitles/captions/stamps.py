"""A time as a subtitle file writes it: 00:01:02,345 in SRT, 01:02.345 or 00:01:02.345 in WebVTT."""

import re
from dataclasses import dataclass
from typing import Final

MS: Final = 1000  # a second
_FIELDS: Final = re.compile(r"[:,.]")


@dataclass(frozen=True)
class Stamp:
    """A time in the text: text[start:end], in milliseconds."""

    start: int
    end: int
    milliseconds: int


def restamped(stamp: str, milliseconds: int) -> str:
    """The same stamp at another time: hours where it had them or needs them, as many digits of
    them, and its own decimal mark.
    """
    *clock, _ = _FIELDS.split(stamp)
    mark = "," if "," in stamp else "."
    seconds, thousandths = divmod(milliseconds, MS)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    width = len(clock[0]) if len(clock) == len(("hours", "minutes", "seconds")) else 0
    hours = f"{hour:0{max(width, 2)}d}:" if width or hour else ""
    return f"{hours}{minute:02d}:{second:02d}{mark}{thousandths:03d}"


def milliseconds_of(seconds: float) -> int:
    """The nearest; times before the recording are its beginning."""
    return max(0, round(seconds * MS))
