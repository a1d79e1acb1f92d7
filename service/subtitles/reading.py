"""Which format a file is in, and its cues."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, get_args

from service.errors import EmptySubtitles, InvalidField, SubtitlesTooLong, UnsupportedSubtitles
from service.subtitles.captions.file import Captions
from service.subtitles.captions.reader import ARROW, MARK
from service.subtitles.cue import Cue, Cues, Times
from service.subtitles.encoding import decoded
from service.subtitles.textgrid.grid import Grid, read_grid

Format = Literal["srt", "vtt", "textgrid"]

READABLE: Final = "SRT, WebVTT or TextGrid"
MAX_BYTES: Final = 1 << 22
MAX_CUES: Final = 20_000
MAX_LINES: Final = 200_000
MAX_TAGS: Final = 200_000
# How formats begin that are not read here, so that the error can name them.
_OTHERS: Final = (
    (re.compile(r"\s*\[Script Info\]", re.IGNORECASE), "an ASS or SSA script"),
    (re.compile(r"\s*(<\?xml|<tt\b)"), "XML, such as TTML"),
    (re.compile(r"\s*[\[{]\s*[\"{\]}]"), "JSON"),
    (re.compile(r"\s*\{\d+\}\{\d+\}"), "MicroDVD"),
    (re.compile(r"\s*\d+:\d\d:\d\d\.\d{3},\d+:\d\d:\d\d\.\d{3}"), "SBV"),
)


@dataclass(frozen=True)
class Subtitles:
    """A subtitle file. `encoding`: Python's name, and IANA's; `tier`: of a TextGrid, its name."""

    format: Format
    encoding: str
    body: Cues
    tier: str | None = None

    @property
    def text(self) -> str:
        """The whole file, with its line ends and byte order mark."""
        return self.body.text

    @cached_property
    def cues(self) -> tuple[Cue, ...]:
        """In the order of the file."""
        return self.body.cues

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        return self.text.encode(self.encoding)

    def retimed(self, times: Sequence[Times]) -> "Subtitles":
        """The same file with new times, one pair in seconds a cue, None where they stay.

        Every byte but those of times that differ is as it was. A format may not take each time as
        it is: the cues of the result tell what has been written.
        """
        return replace(self, body=_body(self.body.retimed(times), self.format, self.tier))


def read_subtitles(content: bytes, tier: str | None = None) -> Subtitles:
    """Read a file; its content tells the format.

    tier: of a TextGrid, the name of the one whose labels are spoken; needed where more than one has
    labels. Raises SubtitlesTooLong, UnsupportedSubtitles, CorruptSubtitles, EmptySubtitles, or
    InvalidField for a tier that is not there, or of a format that has none.
    """
    if len(content) > MAX_BYTES:
        raise _too_long(f"{MAX_BYTES} bytes", max_bytes=MAX_BYTES)
    text, encoding = decoded(content)
    form = _format_of(text)
    if form != "textgrid":
        _check_size(text)
        _check_no_tier(tier, form)
    body = _body(text, form, tier)
    name = body.chosen.name if isinstance(body, Grid) else None
    subtitles = Subtitles(form, encoding, body, name)
    if len(subtitles.cues) > MAX_CUES:
        raise _too_long(f"{MAX_CUES} cues", max_cues=MAX_CUES)
    if not subtitles.cues:
        raise EmptySubtitles("expected subtitles with cues, got none", param="subtitles")
    return subtitles


def _body(text: str, form: Format, tier: str | None) -> Captions | Grid:
    return read_grid(text, tier) if form == "textgrid" else Captions(text, form)


def _format_of(text: str) -> Format:
    begin = text.removeprefix(MARK)
    if begin.startswith("WEBVTT"):
        return "vtt"
    if begin.lstrip().startswith(("File type", '"ooTextFile')) and "TextGrid" in begin[:200]:
        return "textgrid"
    other = next((name for pattern, name in _OTHERS if pattern.match(begin)), None)
    if other is None and ARROW in begin:
        return "srt"
    if not begin.strip():
        raise EmptySubtitles("expected subtitles, got an empty file", param="subtitles")
    raise UnsupportedSubtitles(
        f"expected subtitles as {READABLE}, got {other or 'none of them'}",
        param="subtitles",
        recognized=other,
        readable=list(get_args(Format)),
    )


def _check_size(text: str) -> None:
    """Counted before the text is taken apart, which costs more."""
    for what, most, found in (
        ("cues", MAX_CUES, text.count(ARROW)),
        ("lines", MAX_LINES, max(text.count("\n"), text.count("\r"))),
        ("tags", MAX_TAGS, text.count("<")),
    ):
        if found > most:
            raise _too_long(f"{most} {what}", **{f"max_{what}": most})


def _check_no_tier(tier: str | None, form: Format) -> None:
    if tier is not None:
        raise InvalidField(f"expected a tier of a TextGrid, got {form} subtitles", param="tier")


def _too_long(limit: str, **facts: int) -> SubtitlesTooLong:
    return SubtitlesTooLong(
        f"expected subtitles of at most {limit}, got more", param="subtitles", **facts
    )
