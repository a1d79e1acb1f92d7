"""The form of a request to hear a recording, or to find a text in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from fastapi import Request
from starlette.datastructures import FormData

from service.errors import InvalidField
from service.recognizer import AlignOptions
from service.speech import NO_VAD, VAD, Skipping
from service.web.answers.rendering import ANSWER, Rendering
from service.web.forms.body import read_form
from service.web.forms.fields import flag_of, one_of, text_of
from service.web.forms.formats import rendering_of, stem_of
from service.web.forms.parts import AUDIO_FIELDS, audio_of, limit_of, options_of, transcript_of


@dataclass(frozen=True)
class SpeechForm:
    """The fields of a speech request, checked but for what only a model can know."""

    audio: BinaryIO
    model: str | None
    language: str | None
    max_audio_sec: float
    transcript: str  # "" where the request has none
    options: AlignOptions  # the defaults for a request without transcript
    rendering: Rendering
    stream: bool  # whether progress is told in events, before the answer
    skipping: Skipping | None = None  # which silence is not heard


@asynccontextmanager
async def speech_form(
    request: Request, *, max_bytes: int, max_audio_sec: float, with_transcript: bool
) -> AsyncIterator[SpeechForm]:
    """Read the form of a speech request; its files are gone when the context ends.

    Raises UploadTooLarge, MissingField, InvalidField or EmptyTranscript.
    """
    form = await read_form(request, max_bytes)
    try:
        rendering = rendering_of(form, stem_of(form, AUDIO_FIELDS))
        yield SpeechForm(
            audio=audio_of(form),
            model=text_of(form, "model"),
            language=text_of(form, "language"),
            max_audio_sec=limit_of(form, max_audio_sec),
            transcript=await transcript_of(form) if with_transcript else "",
            options=_with_characters(options_of(form), rendering),
            rendering=rendering,
            stream=_stream_of(form, rendering),
            skipping=None if with_transcript else _skipping_of(form),
        )
    finally:
        await form.close()


def _with_characters(options: AlignOptions, rendering: Rendering) -> AlignOptions:
    """A format that tells the times of characters asks for them."""
    asked = options.with_characters or rendering.with_characters
    return replace(options, with_characters=asked)


def _skipping_of(form: FormData) -> Skipping | None:
    return VAD[one_of(form, "vad", VAD, NO_VAD)]


def _stream_of(form: FormData, rendering: Rendering) -> bool:
    stream = flag_of(form, "stream")
    if stream and (rendering.archived or rendering.names != (ANSWER,)):
        raise InvalidField(
            f"expected format {ANSWER} with stream, got {', '.join(rendering.names)}: ask again "
            "for a file, and what was heard is still known",
            param="stream",
        )
    return stream
