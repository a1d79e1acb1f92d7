"""The form of a transcription as OpenAI's clients send it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from typing import BinaryIO, Final, Literal, cast, get_args

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from service.errors import InvalidField
from service.formats.options import FormatOptions
from service.serving.catalogue import Catalogue
from service.speech import Skipping
from service.web.forms.body import read_form
from service.web.forms.fields import flag_of, number_of, one_of, text_of, whole
from service.web.forms.formats import format_options_of
from service.web.forms.parts import audio_of
from service.web.openai.chunking import CHUNKING, skipping_of

Granularity = Literal["word", "segment"]
ResponseFormat = Literal["json", "text", "srt", "verbose_json", "vtt"]

GRANULARITIES: Final = "timestamp_granularities"
LOGPROBS: Final = "logprobs"
STREAMED: Final = ("json", "text")  # with either, events are what comes
# Names that clients send because their model is a required choice. None of them is served: they
# leave the choice to us, as no name does.
STAND_INS: Final = (
    "whisper-1",
    "gpt-transcribe",
    "gpt-4o-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
)
_USED: Final = (
    "file",
    "audio",
    "model",
    "language",
    "response_format",
    "stream",
    "include",
    CHUNKING,
    GRANULARITIES,
    *(field.name for field in fields(FormatOptions)),
)
_MAX_TEMPERATURE: Final = 1.0
_MAX_NAME: Final = 64  # characters, of a field that is not known here


@dataclass(frozen=True)
class TranscriptionForm:
    """The fields of a request, checked. ignored: those that had a value and have no effect."""

    audio: BinaryIO
    model: str | None
    language: str | None
    max_audio_sec: float
    response_format: ResponseFormat
    granularities: frozenset[Granularity]
    stream: bool
    logprobs: bool
    options: FormatOptions
    skipping: Skipping | None
    ignored: tuple[str, ...]

    def model_in(self, catalogue: Catalogue) -> str | None:
        """The model that is asked for; None for a stand-in, unless a model here has its name."""
        if self.model in STAND_INS and self.model not in catalogue.models:
            return None
        return self.model


@asynccontextmanager
async def transcription_form(
    request: Request, *, max_bytes: int, max_audio_sec: float
) -> AsyncIterator[TranscriptionForm]:
    """Read the form; its files are gone when the context ends.

    Raises UploadTooLarge, MissingField or InvalidField.
    """
    form = await read_form(request, max_bytes, "prompt")
    try:
        yield _checked(form, max_audio_sec)
    finally:
        await form.close()


def _checked(form: FormData, max_audio_sec: float) -> TranscriptionForm:
    response_format = _response_format_of(form)
    stream = _stream_of(form, response_format)
    return TranscriptionForm(
        audio=audio_of(form, ("file", "audio")),
        model=text_of(form, "model"),
        language=text_of(form, "language"),
        max_audio_sec=max_audio_sec,
        response_format=response_format,
        granularities=_granularities_of(form, response_format),
        stream=stream,
        logprobs=_logprobs_of(form, response_format),
        options=format_options_of(form),
        skipping=skipping_of(form),
        ignored=tuple(_ignored(form)),
    )


def _response_format_of(form: FormData) -> ResponseFormat:
    if text_of(form, "response_format") == "diarized_json":
        raise InvalidField(
            "expected another response_format than diarized_json, as no model here tells speakers "
            "apart",
            param="response_format",
        )
    known = get_args(ResponseFormat)
    return cast("ResponseFormat", one_of(form, "response_format", known, "json"))


def _stream_of(form: FormData, response_format: str) -> bool:
    stream = flag_of(form, "stream")
    if stream and response_format not in STREAMED:
        raise InvalidField(
            f"expected response_format {' or '.join(STREAMED)} with stream, got "
            f"{response_format}: its times are known in the end",
            param="response_format",
        )
    return stream


def _granularities_of(form: FormData, response_format: str) -> frozenset[Granularity]:
    """Which times are asked for, under the name with brackets or without; segments by default."""
    asked = frozenset(_texts(form, GRANULARITIES))
    known = get_args(Granularity)
    if not asked <= frozenset(known):
        raise InvalidField(
            f"expected {' or '.join(known)} in the field {GRANULARITIES}[], got "
            f"{', '.join(sorted(asked))}",
            param=GRANULARITIES,
        )
    if asked and response_format != "verbose_json":
        raise InvalidField(
            f"expected response_format verbose_json with {GRANULARITIES}[], got {response_format}, "
            "which tells no such times",
            param=GRANULARITIES,
        )
    return cast("frozenset[Granularity]", asked or frozenset({"segment"}))


def _logprobs_of(form: FormData, response_format: str) -> bool:
    """Whether the log-probabilities of tokens are asked for."""
    asked = set(_texts(form, "include"))
    if asked - {LOGPROBS}:
        raise InvalidField(
            f"expected {LOGPROBS} in the field include[], got {', '.join(sorted(asked))}",
            param="include",
        )
    if asked and response_format != "json":
        raise InvalidField(
            f"expected response_format json with include[]={LOGPROBS}, got {response_format}",
            param="include",
        )
    return bool(asked)


def _ignored(form: FormData) -> Iterator[str]:
    """The fields that have no effect here, by their names without brackets; each once."""
    names = dict.fromkeys(_base(name) for name, value in form.multi_items() if value)
    for name in names:
        if name == "temperature":
            if _temperature_of(form):
                yield name
        elif name not in _USED:
            yield _short(whole(name, "body"))


def _short(name: str) -> str:
    """A name that a header can tell: clients refuse an answer whose headers are too long."""
    if len(name) > _MAX_NAME:
        raise InvalidField(
            f"expected names of fields of at most {_MAX_NAME} characters, got one of {len(name)}",
            param="body",
        )
    return name


def _temperature_of(form: FormData) -> float:
    temperature = number_of(form, "temperature", 0.0)
    if not 0 <= temperature <= _MAX_TEMPERATURE:
        raise InvalidField(
            f"expected temperature from 0 to {_MAX_TEMPERATURE:g}, got {temperature:g}",
            param="temperature",
        )
    return temperature


def _texts(form: FormData, name: str) -> list[str]:
    """The values of a field that may be sent several times, also as name[] or name[0]."""
    found = []
    for key, value in form.multi_items():
        if _base(key) == name:
            if isinstance(value, UploadFile):
                raise InvalidField(f"expected texts in the field {name}[], got a file", param=name)
            found += [whole(value, name).strip()] if value.strip() else []
    return found


def _base(name: str) -> str:
    return name.partition("[")[0]
