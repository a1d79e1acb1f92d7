"""What /docs says of the speech routes: the fields of their forms, and their answers."""

from typing import Any, Final, get_args

from service.recognizer import DEFAULTS
from service.serving.catalogue import AUTO
from service.speech import NO_VAD, VAD
from service.text.lineup import Gaps
from service.text.segments import Division
from service.web.answers.rendering import ANSWER
from service.web.described.formats import answered, format_fields
from service.web.events.stream import EVENTS_TYPE
from service.web.forms.body import FORM_TYPE
from service.web.forms.fields import FLAGS
from service.web.forms.retime import MAX_LINGER_SEC, OWN
from service.windows import WINDOWING

_SHARED_FIELDS: Final[dict[str, Any]] = {
    "audio": {
        "type": "string",
        "format": "binary",
        "description": "The recording: WAV, FLAC, OGG, MP3, M4A, AAC, WebM ... (`file` will do.)",
    },
    "model": {
        "type": "string",
        "description": "A model's id, of GET /models.",
        "examples": ["he-demo"],
    },
    "language": {
        "type": "string",
        "default": AUTO,
        "description": "A language's code, of GET /languages: its default model answers. `auto`: "
        "the model in whose script most of the text's letters are (/align, /retime), or that is "
        "most certain of the recording's first seconds of sound (/transcribe); a model of phonemes "
        "only where there is no other. `choice` in the answer says why.",
        "examples": ["he", AUTO],
    },
    "max_audio_sec": {
        "type": "number",
        "exclusiveMinimum": 0,
        "description": "Refuse audio that is longer; at most the server's own limit.",
    },
}
_RETIME_FIELDS: Final[dict[str, Any]] = {
    "subtitles": {
        "description": "The subtitles, in SRT, WebVTT or Praat's TextGrid: a file, or a field of "
        "text. In UTF-8, in UTF-16 with a byte order mark, or in windows-1255; they come back in "
        "the same.",
        "anyOf": [{"type": "string", "format": "binary"}, {"type": "string"}],
    },
    "tier": {
        "type": "string",
        "description": "Of a TextGrid: the name of the tier whose labels are spoken. Needed where "
        "more than one tier of intervals has labels.",
        "examples": ["words"],
    },
    "linger_sec": {
        "type": "number",
        "minimum": 0,
        "maximum": MAX_LINGER_SEC,
        "default": 0,
        "description": "How long a cue stays after its last word, in seconds, if no other begins.",
    },
    **format_fields(
        OWN,
        "`file`: the subtitles that came, with their new times and nothing else changed. `json`: "
        "those as text, and what was done to each cue. All others are written anew from the words, "
        "a segment a cue: what is not said, such as [music], is not in them.",
    ),
}
_ALIGN_FIELDS: Final[dict[str, Any]] = {
    "transcript": {
        "description": "The text that is spoken: a field or a UTF-8 text file.",
        "anyOf": [{"type": "string"}, {"type": "string", "format": "binary"}],
        "examples": ["שלום עולם"],
    },
    "gaps": {
        "type": "string",
        "enum": list(get_args(Gaps)),
        "default": DEFAULTS.gaps,
        "description": "Where speech that the text lacks is passed over. `ends`: before its first "
        "and after its last word; `lines`: at its line breaks, too; `words`: between any two "
        "words; `none`: nowhere, and every word gets a time. With all but `none`, words that were "
        "not said are left out, and speech between words is passed over where it is plain that "
        "there is some.",
    },
    "segments": {
        "type": "string",
        "enum": list(get_args(Division)),
        "default": DEFAULTS.segments,
        "description": "What the answer's segments are. A line break always ends one.",
    },
    "pronunciations": {
        "type": "string",
        "description": "How words are said that the model cannot read: a JSON object, as written "
        "-> as said, in the model's letters, or in its phonemes where its `units` are those.",
        "examples": ['{"NATO": "נאטו"}'],
    },
    "characters": {
        "type": "string",
        "enum": list(FLAGS),
        "default": "false",
        "description": "Whether the answer has the time of every character, or phoneme, too.",
    },
}
_VAD_FIELD: Final[dict[str, Any]] = {
    "vad": {
        "type": "string",
        "enum": list(VAD),
        "default": NO_VAD,
        "description": "`auto`: of audio that is longer than a window of "
        f"{WINDOWING.kept_sec + 2 * WINDOWING.context_sec:g} s, silence is skipped where a "
        "detector of speech finds none for a while; `skipped` in the answer tells where. `off`: "
        "everything is heard, as /align and /retime always do.",
    },
}
_SPEECH_FORMATS: Final[dict[str, Any]] = {
    **format_fields((ANSWER,), "`json`: everything that is known."),
    "stream": {
        "type": "string",
        "enum": list(FLAGS),
        "default": "false",
        "description": "Whether progress is told while the work goes on, in server-sent events: "
        "`progress`, ten a second at most, with `stage` (`inference`, `search`), "
        "`done_sec` and `duration_sec`; at last `result`, whose data is "
        "the answer. An error before the first event is a plain HTTP error (for 15 s, after which "
        "the answer begins with a comment), and a later one is the event `error`, the last one. "
        "With the format `json` alone.",
    },
}


TIMEOUT: Final[dict[str, Any]] = {
    "name": "Kolvani-Timeout-Sec",
    "in": "header",
    "required": False,
    "schema": {"type": "number", "exclusiveMinimum": 0},
    "description": "Seconds, from the request's headers on, after which no answer is wanted any "
    "more: 504 tells where they went, and work stops. The server may have a limit of its own.",
}


def _form(fields: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "required": required, "properties": fields}
    body = {"required": True, "content": {FORM_TYPE: {"schema": schema}}}
    return {"requestBody": body, "parameters": [TIMEOUT]}


TRANSCRIBE_BODY: Final = _form({**_SHARED_FIELDS, **_VAD_FIELD, **_SPEECH_FORMATS}, ["audio"])
ALIGN_BODY: Final = _form(
    {**_SHARED_FIELDS, **_ALIGN_FIELDS, **_SPEECH_FORMATS}, ["audio", "transcript"]
)
RETIME_BODY: Final = _form({**_SHARED_FIELDS, **_RETIME_FIELDS}, ["audio", "subtitles"])
FORCED_ALIGNMENT_BODY: Final = _form(
    {
        "file": {**_SHARED_FIELDS["audio"], "description": "The recording. (`audio` will do.)"},
        "text": {**_ALIGN_FIELDS["transcript"]},
        "enabled_spooled_file": {
            "description": "Without effect: every large file is kept on disk, whatever this says.",
        },
        **{name: _SHARED_FIELDS[name] for name in ("model", "language", "max_audio_sec")},
        **{name: _ALIGN_FIELDS[name] for name in ("gaps", "pronunciations")},
    },
    ["file", "text"],
)
ANSWERED: Final = answered("What was heard, in the format that was asked for.", EVENTS_TYPE)
RETIMED: Final = answered("The subtitles with their new times, in the format that was asked for.")
