"""Which formats a request asks for, and its answer in them."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Final, cast
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from service.errors import InvalidField
from service.formats.archive import MEDIA_TYPE as ZIP
from service.formats.archive import zipped
from service.formats.document import Document
from service.formats.options import PLAIN, Bidi, FormatOptions
from service.formats.table import FORMATS, format_named, render
from service.web.form_fields import flag_of, number_of, text_of, whole_number_of

FORMAT_FIELDS: Final = ("format", "response_format")  # the second is OpenAI's name of the first
ARCHIVE_FIELD: Final = "formats"
ANSWER: Final = "json"  # our own, with everything that is known
_UNPLAIN: Final = re.compile(r"[^\w.-]+", re.ASCII)
MAX_STEM: Final = 80  # characters
NAMELESS: Final = "audio"
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|\u200e\u200f\u202a-\u202e\u2066-\u2069]')


@dataclass(frozen=True)
class Part:
    """A file of an answer. `suffix`: with its full stop; None: it is shown, not saved."""

    content: bytes
    content_type: str
    suffix: str | None = None


Makers = Mapping[str, Callable[[], Part]]  # the formats that only a route can make


@dataclass(frozen=True)
class Rendering:
    """What a request wants to have back: one format, or several in a zip.

    stem: the name of the files, without a suffix.
    """

    names: tuple[str, ...]
    archived: bool
    options: FormatOptions
    stem: str

    @property
    def with_characters(self) -> bool:
        """Whether one of the formats tells the times of characters."""
        return any(name in FORMATS and FORMATS[name].with_characters for name in self.names)

    def rendered(self, document: Callable[[], Document], makers: Makers) -> "Rendered":
        """The answer; `makers` makes the formats that are not in the table."""
        parts = {name: makers[name]() if name in makers else None for name in self.names}
        made = {name: part or self._part(name, document) for name, part in parts.items()}
        if not self.archived:
            return Rendered(made[self.names[0]], self.stem)
        contents = {part.suffix or f".{name}": part.content for name, part in made.items()}
        return Rendered(Part(zipped(self.stem, contents), ZIP, ".zip"), self.stem)

    def _part(self, name: str, document: Callable[[], Document]) -> Part:
        form = FORMATS[name]
        return Part(render(document(), name, self.options), form.content_type, form.suffix)


@dataclass(frozen=True)
class Rendered:
    """An answer's bytes, and what its client calls them."""

    part: Part
    stem: str

    def response(self) -> Response:
        """With a name to save it under, unless it is our own JSON."""
        headers = {"content-type": self.part.content_type}
        if self.part.suffix is not None:
            headers["content-disposition"] = disposition(self.stem, self.part.suffix)
        return Response(self.part.content, headers=headers)


def rendering_of(
    form: FormData, stem: str, own: tuple[str, ...] = (ANSWER,), default: str = ANSWER
) -> Rendering:
    """What a form asks for. own: the formats that the route makes itself. Raises InvalidField."""
    given = {name: text_of(form, name) for name in (*FORMAT_FIELDS, ARCHIVE_FIELD)}
    asked = {name: text for name, text in given.items() if text is not None}
    if len(set(asked.values())) > 1 or (len(asked) > 1 and ARCHIVE_FIELD in asked):
        raise InvalidField(
            f"expected one of the fields {', '.join(asked)}", param=next(iter(asked))
        )
    field, text = next(iter(asked.items()), (FORMAT_FIELDS[0], default))
    archived = field == ARCHIVE_FIELD
    names = [name.strip() for name in text.split(",")] if archived else [text]
    for name in names:
        if name not in own:
            format_named(name, own, param=field)
    return Rendering(tuple(dict.fromkeys(names)), archived, format_options_of(form), stem)


def format_options_of(form: FormData) -> FormatOptions:
    """What subtitles look like. Raises InvalidField."""
    return FormatOptions(
        max_line_width=whole_number_of(form, "max_line_width", PLAIN.max_line_width),
        max_line_count=whole_number_of(form, "max_line_count", PLAIN.max_line_count),
        max_cue_sec=number_of(form, "max_cue_sec", PLAIN.max_cue_sec),
        highlight_words=flag_of(form, "highlight_words"),
        bidi=cast("Bidi", text_of(form, "bidi") or PLAIN.bidi),
        word_timestamps=flag_of(form, "word_timestamps"),
    )


def stem_of(form: FormData, names: tuple[str, ...]) -> str:
    """The name of the first of the uploaded files that has one, without folders and suffix."""
    values = (form.get(name) for name in names)
    filenames = (value.filename for value in values if isinstance(value, UploadFile))
    return safe_stem(next(filter(None, filenames), ""))


def safe_stem(filename: str) -> str:
    """A name for files that every system takes: no folder, no suffix, nothing that turns text
    around or that a file system keeps for itself.
    """
    name = PureWindowsPath(filename).name  # parts at / and \ both
    whole = name.encode(errors="ignore").decode()  # a lone surrogate has no UTF-8
    stem = _UNSAFE.sub("", whole.rpartition(".")[0] or whole)[:MAX_STEM]
    return stem.strip(" .") or NAMELESS


def disposition(stem: str, suffix: str) -> str:
    """Content-Disposition of a file to save: a name in ASCII, and the true one (RFC 6266)."""
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    safe = _UNPLAIN.sub("_", plain).strip("_") or NAMELESS
    return f"attachment; filename=\"{safe}{suffix}\"; filename*=UTF-8''{quote(stem + suffix)}"
