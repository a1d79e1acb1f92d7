"""Which formats a form asks for, and what their files are called."""

import re
from pathlib import PureWindowsPath
from typing import Final, cast

from starlette.datastructures import FormData, UploadFile

from service.errors import InvalidField
from service.formats.options import PLAIN, Bidi, FormatOptions
from service.formats.table import format_named
from service.web.answers.rendering import ANSWER, NAMELESS, Rendering
from service.web.forms.fields import flag_of, number_of, text_of, whole_number_of

FORMAT_FIELDS: Final = ("format", "response_format")  # the second is OpenAI's name of the first
ARCHIVE_FIELD: Final = "formats"
MAX_STEM: Final = 80  # characters
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|\u200e\u200f\u202a-\u202e\u2066-\u2069]')


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
