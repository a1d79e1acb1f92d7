"""What /docs says of the speech routes: the fields of their forms, and every error."""

from typing import Any, Final, get_args

from service.audio import READABLE
from service.errors import Fact
from service.recognizer import DEFAULTS
from service.serving.catalogue import AUTO
from service.text.lineup import Gaps
from service.text.segments import Division
from service.web.events import EVENTS_TYPE
from service.web.form_fields import FLAGS
from service.web.format_description import answered, format_fields
from service.web.rendering import ANSWER
from service.web.retime_form import MAX_LINGER_SEC, OWN
from service.web.schemas import ErrorAnswer
from service.web.uploads import FORM_TYPE

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


def refusal(description: str, code: str, message: str, **facts: Fact) -> dict[str, Any]:
    """One documented error status: the answer's model, and an example with its facts."""
    kind = "server_error" if "retry_after_sec" in facts else "invalid_request_error"
    param = facts.pop("param", None)
    error = {"type": kind, "code": code, "message": message, "param": param, **facts}
    content = {"application/json": {"example": {"error": error}}}
    return {"model": ErrorAnswer, "description": description, "content": content}


ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: refusal(
        "`missing_field`, `invalid_field`, `empty_transcript`: a field is absent or holds "
        "something else than expected. `unsupported_task`: no model is made for it.",
        "missing_field",
        "expected a file in the field audio (or file), got none",
        param="audio",
    ),
    404: refusal(
        "`unknown_model`, `unknown_language`: with the known ones.",
        "unknown_language",
        "expected one of the languages he, got 'xx'",
        param="language",
        known=["he"],
    ),
    413: refusal(
        "`audio_too_long`, `upload_too_large`, `subtitles_too_long`: with the limit.",
        "audio_too_long",
        "expected at most 14400 s of audio, got more: cut it into parts and send each",
        param="audio",
        max_audio_sec=14400.0,
    ),
    415: refusal(
        "`unsupported_audio`, `unsupported_subtitles`: no audio, or no subtitles, that are read "
        "here, and what they are.",
        "unsupported_audio",
        f"expected audio as {READABLE}, got a PDF document",
        param="audio",
        recognized="a PDF document",
        first_bytes="25 50 44 46 2d 31 2e 37",
    ),
    422: refusal(
        "`corrupt_audio`, `empty_audio`, `invalid_samples`, `no_speech`, `nothing_to_align`, "
        "`undecided_language`, `transcript_too_long`, `corrupt_subtitles`, `empty_subtitles`: "
        "audio, text or subtitles that cannot be worked with, and why.",
        "transcript_too_long",
        "expected audio of at least 199 frames for 199 tokens, got 49",
        param="transcript",
        frames_needed=199,
        frames=49,
        tokens=199,
    ),
    500: refusal(
        "`internal`, `inference_error`, `bundle_error` (the model does not load): an error on our "
        "side; it has been logged.",
        "internal",
        "an error on our side; it has been logged",
    ),
    503: refusal(
        "`overloaded`, `not_ready`, `storage_full`: come back after Retry-After seconds.",
        "overloaded",
        "expected room in the queue of 32, got none: try again in 4 s",
        retry_after_sec=4,
        max_queue=32,
    ),
}


def _form(fields: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "required": required, "properties": fields}
    return {"requestBody": {"required": True, "content": {FORM_TYPE: {"schema": schema}}}}


TRANSCRIBE_BODY: Final = _form({**_SHARED_FIELDS, **_SPEECH_FORMATS}, ["audio"])
ALIGN_BODY: Final = _form(
    {**_SHARED_FIELDS, **_ALIGN_FIELDS, **_SPEECH_FORMATS}, ["audio", "transcript"]
)
RETIME_BODY: Final = _form({**_SHARED_FIELDS, **_RETIME_FIELDS}, ["audio", "subtitles"])
FORCED_ALIGNMENT_BODY: Final = _form(
    {
        "file": {**_SHARED_FIELDS["audio"], "description": "The recording. (`audio` will do.)"},
        "text": {**_ALIGN_FIELDS["transcript"]},
        "enabled_spooled_file": {
            "type": "boolean",
            "description": "Without effect: every large file is kept on disk, whatever this says.",
        },
        **{name: _SHARED_FIELDS[name] for name in ("model", "language", "max_audio_sec")},
        **{name: _ALIGN_FIELDS[name] for name in ("gaps", "pronunciations")},
    },
    ["file", "text"],
)
ANSWERED: Final = answered("What was heard, in the format that was asked for.", EVENTS_TYPE)
RETIMED: Final = answered("The subtitles with their new times, in the format that was asked for.")
