"""The form of ElevenLabs' API, with some fields of /align."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from fastapi import Request

from service.recognizer import AlignOptions
from service.web.forms.body import read_form
from service.web.forms.fields import text_of
from service.web.forms.parts import audio_of, limit_of, options_of, transcript_of

TEXT_FIELDS: Final = ("text", "transcript")


@dataclass(frozen=True)
class AlignmentForm:
    """The fields of a request, checked but for what only a model can know."""

    audio: BinaryIO
    model: str | None
    language: str | None
    max_audio_sec: float
    text: str
    options: AlignOptions


@asynccontextmanager
async def alignment_form(
    request: Request, *, max_bytes: int, max_audio_sec: float
) -> AsyncIterator[AlignmentForm]:
    """The fields of ElevenLabs' form and some of /align's; its files are gone when the context
    ends. Raises UploadTooLarge, MissingField, InvalidField or EmptyTranscript.
    """
    form = await read_form(request, max_bytes, TEXT_FIELDS[0])
    try:
        yield AlignmentForm(
            audio=audio_of(form, ("file", "audio")),
            model=text_of(form, "model"),
            language=text_of(form, "language"),
            max_audio_sec=limit_of(form, max_audio_sec),
            text=await transcript_of(form, TEXT_FIELDS),
            options=replace(options_of(form), with_characters=True),
        )
    finally:
        await form.close()
