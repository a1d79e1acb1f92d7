"""How files are written."""

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

from service.errors import InvalidField

Bidi = Literal["none", "marks", "isolates"]

MAX_LINE_WIDTH: Final = 1000  # characters
MAX_LINE_COUNT: Final = 20
MAX_CUE_SEC: Final = 30.0
LEAST_CUE_SEC: Final = 0.1


@dataclass(frozen=True)
class FormatOptions:
    """What subtitles look like; other formats pass it over. Raises InvalidField.

    max_line_width: characters that take room, in a line. max_line_count: lines of a cue.
    max_cue_sec: how long a cue lasts. Their defaults are what broadcasters ask for.
    highlight_words: SRT and WebVTT show a cue once for each of its words, and underline that one.
    word_timestamps: WebVTT tells within a cue when each word begins. Not both of them.
    bidi: how lines of a right-to-left text are kept from being turned around: with marks or with
    isolates around each.
    """

    max_line_width: int = 42
    max_line_count: int = 2
    max_cue_sec: float = 7.0
    highlight_words: bool = False
    bidi: Bidi = "none"
    word_timestamps: bool = False

    def __post_init__(self) -> None:
        _check_within("max_line_width", self.max_line_width, 1, MAX_LINE_WIDTH)
        _check_within("max_line_count", self.max_line_count, 1, MAX_LINE_COUNT)
        _check_within("max_cue_sec", self.max_cue_sec, LEAST_CUE_SEC, MAX_CUE_SEC)
        if self.bidi not in get_args(Bidi):
            known = ", ".join(get_args(Bidi))
            raise InvalidField(f"expected bidi in {known}, got {self.bidi!r}", param="bidi")
        if self.highlight_words and self.word_timestamps:
            raise InvalidField(
                "expected highlight_words or word_timestamps, got both", param="word_timestamps"
            )


def _check_within(name: str, value: float, least: float, most: float) -> None:
    if not math.isfinite(value) or not least <= value <= most:
        raise InvalidField(f"expected {name} from {least:g} to {most:g}, got {value:g}", param=name)


PLAIN: Final = FormatOptions()
