"""What /docs says of OpenAI's routes."""

from typing import Any, Final, get_args

from service.web.answers.faults import ErrorAnswer
from service.web.described.errors import refusal
from service.web.described.formats import EVENT, SUBTITLE_FIELDS
from service.web.described.speech import TIMEOUT
from service.web.events.stream import EVENTS_TYPE
from service.web.forms.body import FORM_TYPE
from service.web.openai.answers import (
    IGNORED_HEADER,
    JSON_TYPE,
    LANGUAGE_HEADER,
    MODEL_HEADER,
    TEXT_TYPE,
    Transcription,
)
from service.web.openai.chunking import AUTO, CHUNKING, MOST, SERVER_VAD
from service.web.openai.form import GRANULARITIES, LOGPROBS, STAND_INS, Granularity, ResponseFormat

_FIELDS: Final[dict[str, Any]] = {
    "file": {
        "type": "string",
        "format": "binary",
        "description": "The recording: WAV, FLAC, OGG, MP3, M4A, AAC, WebM ... (`audio` will do.)",
    },
    "model": {
        "type": "string",
        "description": "A model's id, of GET /v1/models. Without one, and with a name of OpenAI's "
        f"({', '.join(STAND_INS)}), the server chooses as /transcribe does. Any other name is "
        "`unknown_model`.",
        "examples": ["whisper-1", "he-demo"],
    },
    "language": {
        "type": "string",
        "default": "auto",
        "description": "A language's code, of GET /languages.",
        "examples": ["he"],
    },
    "response_format": {
        "type": "string",
        "enum": list(get_args(ResponseFormat)),
        "default": "json",
        "description": "`diarized_json` is refused: no model here tells speakers apart.",
    },
    f"{GRANULARITIES}[]": {
        "type": "array",
        "items": {"type": "string", "enum": list(get_args(Granularity))},
        "default": ["segment"],
        "description": "Of `verbose_json`, and refused with any other format: which of `words` and "
        "`segments` it has. The name without brackets will do.",
    },
    "stream": {
        "type": "boolean",
        "default": False,
        "description": "Answer in server-sent events: `transcript.text.delta` with the words that "
        "each stretch of about 8 seconds adds, as soon as it is heard; `transcript.text.done` with "
        "the whole text, which the deltas make up, joined; `[DONE]`. Only with `response_format` "
        "`json` or `text`. An error before the first of them is a plain HTTP error (for 15 s, "
        "after which the answer begins with a comment), and a later one is the event `error`.",
    },
    "temperature": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "default": 0,
        "description": "Without effect, as nothing is drawn at random.",
    },
    "prompt": {
        "type": "string",
        "description": "Without effect, as the models take no prompt.",
    },
    CHUNKING: {
        "description": "`auto`: of long audio, silence is skipped, as `vad` of /transcribe does. "
        "So it is with an object of type `server_vad`, as JSON or a field a member "
        f"(`{CHUNKING}[threshold]`): `threshold` is the probability from which on a moment is "
        "speech; `prefix_padding_ms` and `silence_duration_ms` may make what is heard longer than "
        "with `auto`, never shorter. Without: all of the audio is heard.",
        "anyOf": [
            {"type": "string", "enum": [AUTO]},
            {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"type": "string", "enum": [SERVER_VAD]},
                    **{
                        name: {"type": "number", "minimum": 0, "maximum": most}
                        for name, most in MOST.items()
                    },
                },
            },
        ],
    },
    "include[]": {
        "type": "array",
        "items": {"type": "string", "enum": [LOGPROBS]},
        "description": "`logprobs`, with `response_format=json` alone: the pieces of the text, "
        "each with its log-probability. Events tell them at their end.",
    },
    **SUBTITLE_FIELDS,
}
_SCHEMA: Final = {
    "type": "object",
    "required": ["file"],
    "properties": _FIELDS,
    "additionalProperties": {"description": f"Without effect, and named in {IGNORED_HEADER}."},
}
TRANSCRIPTION_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {FORM_TYPE: {"schema": _SCHEMA}}},
    "parameters": [TIMEOUT],
}
_TEXT: Final = {"schema": {"type": "string"}}
ANSWERS: Final[dict[str, Any]] = {
    "model": Transcription,
    "description": "The transcript. `verbose_json` has OpenAI's members, too.",
    "content": {
        JSON_TYPE: {},
        TEXT_TYPE.partition(";")[0]: _TEXT,
        "application/x-subrip": _TEXT,
        "text/vtt": _TEXT,
        EVENTS_TYPE: {"schema": EVENT},
    },
    "headers": {
        MODEL_HEADER: {
            "description": "The model that answered; events tell it at their end.",
            "schema": {"type": "string"},
        },
        LANGUAGE_HEADER: {"description": "Its language.", "schema": {"type": "string"}},
        IGNORED_HEADER: {
            "description": "The fields without effect, if there are any, parted by commas.",
            "schema": {"type": "string"},
        },
    },
}
REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    400: refusal(
        "`unsupported_task`: always.",
        "unsupported_task",
        "expected a task that the models here are made for, got a translation",
    )
}
MODEL_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": ErrorAnswer, "description": "`unknown_model`: with the known ones."},
    500: {"model": ErrorAnswer, "description": "`bundle_error`: a broken folder, and why."},
    503: {"model": ErrorAnswer, "description": "`not_ready`: still loading."},
}
