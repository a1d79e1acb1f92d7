"""What /docs says of formats: the fields that ask for them, and their media types."""

from typing import Any, Final, get_args

from service.formats.archive import MEDIA_TYPE as ZIP
from service.formats.options import (
    LEAST_CUE_SEC,
    MAX_CUE_SEC,
    MAX_LINE_COUNT,
    MAX_LINE_WIDTH,
    PLAIN,
    Bidi,
)
from service.formats.table import FORMATS, JSON
from service.web.events.stream import EVENTS_TYPE
from service.web.forms.fields import FLAGS
from service.web.forms.formats import FORMAT_FIELDS

_ABOUT: Final = (
    "`verbose_json`: OpenAI's. `whisperx`: its JSON, with characters where the text was given. "
    "`txt`: a segment a line. `srt`, `vtt`: subtitles made from the words. `ass`: the same with "
    "karaoke. `textgrid`: Praat's, with tiers of words, characters (where the text was given) and "
    "segments. `ctm`: NIST's, a word a line. `csv`, `tsv`: a row a word, found or not, in UTF-8, "
    "`csv` with a byte order mark, as Excel wants it; what a spreadsheet would take for a formula "
    "has an apostrophe before it. `audacity`: labels. Words that were not found stay in the text "
    "of subtitles, in tables and in JSON, where their times are null; `ctm` has them in comments, "
    "`textgrid` and `audacity` leave them out. A segment none of whose words was found is in no "
    "subtitle."
)
# Of each of the events in a stream.
EVENT: Final = {"type": "object", "properties": {"event": {"type": "string"}, "data": {}}}
SUBTITLE_FIELDS: Final[dict[str, Any]] = {
    "max_line_width": {
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_LINE_WIDTH,
        "default": PLAIN.max_line_width,
        "description": "Of subtitles: characters in a line; points and marks are not counted, and "
        "no word is cut.",
    },
    "max_line_count": {
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_LINE_COUNT,
        "default": PLAIN.max_line_count,
        "description": "Of subtitles: lines in a cue. Words that were not found may make more.",
    },
    "max_cue_sec": {
        "type": "number",
        "minimum": LEAST_CUE_SEC,
        "maximum": MAX_CUE_SEC,
        "default": PLAIN.max_cue_sec,
        "description": "Of subtitles: how long a cue lasts, in seconds.",
    },
    "highlight_words": {
        "type": "string",
        "enum": list(FLAGS),
        "default": "false",
        "description": "Of `srt` and `vtt`: whether a cue is shown once for each of its words, and "
        "that word is underlined.",
    },
    "word_timestamps": {
        "type": "string",
        "enum": list(FLAGS),
        "default": "false",
        "description": "Of `vtt`: whether a cue tells when each of its words begins. Not together "
        "with `highlight_words`.",
    },
    "bidi": {
        "type": "string",
        "enum": list(get_args(Bidi)),
        "default": PLAIN.bidi,
        "description": "Of subtitles in which most letters are written from right to left: put "
        "every line between marks (U+200F), or into an isolate (U+2067, U+2069), for players that "
        "turn its punctuation around.",
    },
}


def format_fields(own: tuple[str, ...], about_own: str) -> dict[str, Any]:
    """The fields of a form. own: the formats that the route makes itself, its default first."""
    names = [*own, *FORMATS]
    one, other = FORMAT_FIELDS
    return {
        one: {
            "type": "string",
            "enum": names,
            "default": own[0],
            "description": f"What comes back. {about_own} {_ABOUT} (`{other}` will do.)",
        },
        "formats": {
            "type": "string",
            "description": "Several of them, with commas between: a zip with a file of each.",
            "examples": ["srt,textgrid"],
        },
        **SUBTITLE_FIELDS,
    }


def answered(description: str, *other_types: str) -> dict[str, Any]:
    """A documented answer: JSON, a file or a zip. Files have a Content-Disposition.

    other_types: media types of texts that it may be, too.
    """
    texts = {item.media_type for item in FORMATS.values() if item.media_type != JSON}
    texts.update(other_types)
    content: dict[str, Any] = {
        kind: {"schema": EVENT if kind == EVENTS_TYPE else {"type": "string"}}
        for kind in sorted(texts)
    }
    content[ZIP] = {"schema": {"type": "string", "format": "binary"}}
    return {
        "description": f"{description} Files come with a name to save them under.",
        "content": content,
    }
