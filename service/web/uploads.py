"""Multipart forms, checked while they stream in.

Small uploads stay in memory, larger ones go to an unnamed temporary file that disappears when it is
closed; the body is never whole in memory, and is refused as soon as it passes the limit.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO, Final, cast, get_args

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from service.errors import EmptyTranscript, InvalidField, MissingField, UploadTooLarge
from service.recognizer import DEFAULTS, AlignOptions
from service.text.lineup import Gaps
from service.text.segments import Division
from service.text.spoken.dictionary import read_pronunciations
from service.web.form_fields import first_of, flag_of, one_of, text_of, whole
from service.web.rendering import ANSWER, Rendering, rendering_of, stem_of

CHARSETS: Final = ("utf-8", "utf8")
FORM_TYPE: Final = "multipart/form-data"
MAX_FILES: Final = 4
MAX_FIELDS: Final = 32
MAX_TEXT_BYTES: Final = 1 << 22  # a day of Hindi, at 150 words a minute, is 3.5 MB
AUDIO_FIELDS: Final = ("audio", "file")
PRONUNCIATIONS: Final = "pronunciations"


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
        )
    finally:
        await form.close()


async def read_form(request: Request, max_bytes: int, text: str = "transcript") -> FormData:
    """A form of at most `max_bytes`; `text`: the field that may hold a long text.

    Raises InvalidField or UploadTooLarge.
    """
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith(FORM_TYPE):
        raise InvalidField(
            f"expected a {FORM_TYPE} body, got {content_type or 'no content type'}",
            param="content-type",
        )
    charset = parse_options_header(content_type)[1].get(b"charset", b"utf-8").decode("latin-1")
    if charset.lower() not in CHARSETS:  # others may decode to half characters, or not at all
        raise InvalidField(
            f"expected a {FORM_TYPE} body in utf-8, got charset {charset!r}", param="content-type"
        )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    parser = MultiPartParser(
        request.headers,
        _limited(request, max_bytes),
        max_files=MAX_FILES,
        max_fields=MAX_FIELDS,
        max_part_size=MAX_TEXT_BYTES,
    )
    try:
        return await parser.parse()
    except MultiPartException as error:
        if "maximum size" in error.message:  # the one complaint that is about a limit
            raise _text_too_large(text) from error
        raise InvalidField(
            f"expected a well-formed {FORM_TYPE} body, got: {error.message}", param="body"
        ) from error


async def _limited(request: Request, max_bytes: int) -> AsyncGenerator[bytes, None]:
    received = 0
    async for block in request.stream():
        received += len(block)
        if received > max_bytes:
            raise _too_large(max_bytes)
        yield block


def _too_large(max_bytes: int) -> UploadTooLarge:
    return UploadTooLarge(
        f"expected a request body of at most {max_bytes} bytes, got more",
        param="audio",
        max_upload_bytes=max_bytes,
    )


def _text_too_large(name: str) -> UploadTooLarge:
    return UploadTooLarge(
        f"expected a text of at most {MAX_TEXT_BYTES} bytes, got more",
        param=name,
        max_text_bytes=MAX_TEXT_BYTES,
    )


def audio_of(form: FormData, names: tuple[str, ...] = AUDIO_FIELDS) -> BinaryIO:
    """The recording, in the first of the named fields. Raises MissingField or InvalidField."""
    name, *others = names
    value = first_of(form, names)
    if value is None:
        field = f"{name} (or {', '.join(others)})" if others else name
        raise MissingField(f"expected a file in the field {field}, got none", param=name)
    if isinstance(value, str):
        raise InvalidField(f"expected a file in the field {name}, got a text", param=name)
    return value.file


def limit_of(form: FormData, ceiling: float) -> float:
    """The longest audio to take, in seconds; the server's own limit unless asked for less.

    Raises InvalidField.
    """
    text = text_of(form, "max_audio_sec")
    if text is None:
        return ceiling
    try:
        limit = float(text)
    except ValueError:
        limit = float("nan")
    if not 0 < limit <= ceiling:
        raise InvalidField(
            f"expected max_audio_sec above 0 and at most {ceiling:g}, got {text!r}",
            param="max_audio_sec",
            max_audio_sec=ceiling,
        )
    return limit


def options_of(form: FormData) -> AlignOptions:
    """How to align. Raises InvalidField."""
    return AlignOptions(
        gaps=cast("Gaps", one_of(form, "gaps", get_args(Gaps), DEFAULTS.gaps)),
        segments=cast("Division", one_of(form, "segments", get_args(Division), DEFAULTS.segments)),
        pronunciations=_pronunciations_of(form),
        with_characters=flag_of(form, "characters"),
    )


def _with_characters(options: AlignOptions, rendering: Rendering) -> AlignOptions:
    """A format that tells the times of characters asks for them."""
    asked = options.with_characters or rendering.with_characters
    return replace(options, with_characters=asked)


def _stream_of(form: FormData, rendering: Rendering) -> bool:
    stream = flag_of(form, "stream")
    if stream and (rendering.archived or rendering.names != (ANSWER,)):
        raise InvalidField(
            f"expected format {ANSWER} with stream, got {', '.join(rendering.names)}: ask again "
            "for a file, and what was heard is still known",
            param="stream",
        )
    return stream


def _pronunciations_of(form: FormData) -> dict[str, str]:
    text = text_of(form, PRONUNCIATIONS)
    return {} if text is None else read_pronunciations(text)


async def transcript_of(form: FormData, names: tuple[str, ...] = ("transcript",)) -> str:
    """The given text, in the first of the named fields: a text or a UTF-8 text file.

    Raises MissingField, InvalidField, UploadTooLarge or EmptyTranscript.
    """
    name, value = names[0], first_of(form, names)
    if value is None:
        raise MissingField(
            f"expected a text, or a text file, in the field {name}, got none", param=name
        )
    if isinstance(value, UploadFile):
        value = await _text_file(value, name)
    if not whole(value, name).strip():
        raise EmptyTranscript("expected a text to align, got an empty one", param=name)
    return value


async def _text_file(upload: UploadFile, name: str) -> str:
    content = await upload.read(MAX_TEXT_BYTES + 1)
    if len(content) > MAX_TEXT_BYTES:
        raise _text_too_large(name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidField(
            f"expected UTF-8 text in {name}, got byte 0x{content[error.start]:02x} at "
            f"{error.start}",
            param=name,
        ) from error
