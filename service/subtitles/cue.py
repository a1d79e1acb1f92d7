"""A cue, and what every kind of subtitle file can do."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

Times = tuple[float, float] | None  # start and end in seconds; None: as they are
Edge = Literal["start", "end"]
Edit = tuple[int, int, str]  # text[start:end] gives way to these characters

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Cue:
    """A piece of text on the screen, or a labelled interval.

    `text` as written, tags included; `spoken`: what of it is said, on one line, "" if nothing is.
    `start` and `end` in seconds, as the file has them: `end` may lie before `start` there.
    """

    text: str
    spoken: str
    start: float
    end: float


class Cues(Protocol):
    """The text of a file with its cues, in the order of the file."""

    @property
    def text(self) -> str:
        """The whole file, with its line ends and byte order mark."""

    @property
    def cues(self) -> tuple[Cue, ...]:
        """What is shown or labelled, in the order of the file."""

    def retimed(self, times: Sequence[Times]) -> str:
        """The file's text with new times, one pair a cue; equal times change no character."""


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with each edit done; edits do not overlap."""
    pieces = []
    place = 0
    for start, end, replacement in sorted(edits):
        pieces += [text[place:start], replacement]
        place = end
    return "".join([*pieces, text[place:]])


def line_number(text: str, place: int) -> int:
    """The line of a character, from 1; lines end as editors end them: CRLF, CR or LF."""
    return 1 + sum(1 for _ in _LINE_END.finditer(text, 0, place))
