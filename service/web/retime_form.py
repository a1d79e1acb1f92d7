"""The form of a request that brings subtitles."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from service.errors import InvalidField, MissingField
from service.subtitles.reading import MAX_BYTES
from service.web.form_fields import first_of, text_of, whole
from service.web.rendering import ANSWER, Rendering, rendering_of, stem_of
from service.web.uploads import AUDIO_FIELDS, audio_of, limit_of, read_form

SUBTITLES: Final = "subtitles"
MAX_LINGER_SEC: Final = 10.0
FILE: Final = "file"  # the subtitles that came, with other times
OWN: Final = (FILE, ANSWER)  # what only this route makes


@dataclass(frozen=True)
class RetimeForm:
    """The fields of a request, checked but for what only a model or the subtitles can tell."""

    audio: BinaryIO
    subtitles: bytes  # one byte more than the limit where there are more
    model: str | None
    language: str | None
    max_audio_sec: float
    tier: str | None
    linger_sec: float
    rendering: Rendering


@asynccontextmanager
async def retime_form(
    request: Request, *, max_bytes: int, max_audio_sec: float
) -> AsyncIterator[RetimeForm]:
    """Read the form; its files are gone when the context ends.

    Raises UploadTooLarge, MissingField or InvalidField.
    """
    form = await read_form(request, max_bytes, SUBTITLES)
    try:
        yield RetimeForm(
            audio=audio_of(form),
            subtitles=await _subtitles_of(form),
            model=text_of(form, "model"),
            language=text_of(form, "language"),
            max_audio_sec=limit_of(form, max_audio_sec),
            tier=text_of(form, "tier"),
            linger_sec=_linger_of(form),
            rendering=rendering_of(form, stem_of(form, (SUBTITLES, *AUDIO_FIELDS)), OWN, FILE),
        )
    finally:
        await form.close()


async def _subtitles_of(form: FormData) -> bytes:
    value = first_of(form, (SUBTITLES,))
    if value is None:
        raise MissingField(
            f"expected subtitles, as a file or a text, in the field {SUBTITLES}, got none",
            param=SUBTITLES,
        )
    if isinstance(value, UploadFile):
        return await value.read(MAX_BYTES + 1)
    return whole(value, SUBTITLES).encode()


def _linger_of(form: FormData) -> float:
    text = text_of(form, "linger_sec") or "0"
    try:
        linger_sec = float(text)
    except ValueError:
        linger_sec = math.nan
    if not 0 <= linger_sec <= MAX_LINGER_SEC:
        raise InvalidField(
            f"expected linger_sec from 0 to {MAX_LINGER_SEC:g}, got {text!r}", param="linger_sec"
        )
    return linger_sec
