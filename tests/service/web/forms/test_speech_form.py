"""What no form can hold is refused, however it came to be decoded."""

import asyncio

import pytest
from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartParser

from service.errors import InvalidField
from service.web.forms.speech import speech_form


async def read(form: FormData, monkeypatch: pytest.MonkeyPatch) -> None:
    async def parsed(_: MultiPartParser) -> FormData:
        return form

    monkeypatch.setattr(MultiPartParser, "parse", parsed)
    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    request = Request({"type": "http", "headers": headers})
    async with speech_form(request, max_bytes=1, max_audio_sec=1, with_transcript=True):
        pass


@pytest.mark.parametrize("field", ["model", "language", "max_audio_sec", "transcript"])
def test_half_a_character_is_refused(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lone surrogate has no UTF-8, and an answer that repeats it could not be sent."""
    audio = UploadFile(None)  # type: ignore[arg-type]  # never read
    audio.close = lambda: asyncio.sleep(0)  # type: ignore[method-assign,assignment]  # holds nothing
    form = FormData({"audio": audio, "transcript": "x", field: "a\ud800"})
    with pytest.raises(InvalidField, match=f"field {field}, got the surrogate U.D800 at 1"):
        asyncio.run(read(form, monkeypatch))
