"""Multipart forms, checked while they stream in.

Small uploads stay in memory, larger ones go to an unnamed temporary file that disappears when it is
closed; the body is never whole in memory, and is refused as soon as it passes the limit.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
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

CHARSETS: Final = ("utf-8", "utf8")
FORM_TYPE: Final = "multipart/form-data"
MAX_FILES: Final = 4
MAX_FIELDS: Final = 16
MAX_TEXT_BYTES: Final = 1 << 22  # a day of Hindi, at 150 words a minute, is 3.5 MB
AUDIO_FIELDS: Final = ("audio", "file")
PRONUNCIATIONS: Final = "pronunciations"
FLAGS: Final = {"true": True, "false": False}


@dataclass(frozen=True)
class SpeechForm:
    """The fields of a speech request, checked but for what only a model can know."""

    audio: BinaryIO
    model: str | None
    language: str | None
    max_audio_sec: float
    transcript: str  # "" where the request has none
    options: AlignOptions  # the defaults for a request without transcript


@asynccontextmanager
async def speech_form(
    request: Request, *, max_bytes: int, max_audio_sec: float, with_transcript: bool
) -> AsyncIterator[SpeechForm]:
    """Read the form of a speech request; its files are gone when the context ends.

    Raises UploadTooLarge, MissingField, InvalidField or EmptyTranscript.
    """
    form = await read_form(request, max_bytes)
    try:
        yield SpeechForm(
            audio=audio_of(form),
            model=text_of(form, "model"),
            language=text_of(form, "language"),
            max_audio_sec=limit_of(form, max_audio_sec),
            transcript=await transcript_of(form) if with_transcript else "",
            options=options_of(form),
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


def text_of(form: FormData, name: str) -> str | None:
    """A field without its outer spaces; None where it is empty or absent. Raises InvalidField."""
    value = first_of(form, (name,))
    if isinstance(value, UploadFile):
        raise InvalidField(f"expected a text in the field {name}, got a file", param=name)
    return whole(value, name).strip() or None if value is not None else None


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
        gaps=cast("Gaps", _one_of(form, "gaps", get_args(Gaps), DEFAULTS.gaps)),
        segments=cast("Division", _one_of(form, "segments", get_args(Division), DEFAULTS.segments)),
        pronunciations=_pronunciations_of(form),
        with_characters=_flag_of(form, "characters"),
    )


def _one_of(form: FormData, name: str, known: Collection[str], default: str) -> str:
    text = text_of(form, name) or default
    if text not in known:
        raise InvalidField(
            f"expected one of {', '.join(known)} in the field {name}, got {text!r}", param=name
        )
    return text


def _pronunciations_of(form: FormData) -> dict[str, str]:
    text = text_of(form, PRONUNCIATIONS)
    return {} if text is None else read_pronunciations(text)


def _flag_of(form: FormData, name: str) -> bool:
    text = text_of(form, name) or "false"
    if text not in FLAGS:
        raise InvalidField(
            f"expected {' or '.join(FLAGS)} in the field {name}, got {text!r}", param=name
        )
    return FLAGS[text]


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


def whole(text: str, name: str) -> str:
    """The text, if an answer can hold it: half a character has no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = ord(text[error.start])
        raise InvalidField(
            f"expected whole characters in the field {name}, got the surrogate U+{half:04X} at "
            f"{error.start}",
            param=name,
        ) from error
    return text


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


def first_of(form: FormData, names: Collection[str]) -> str | UploadFile | None:
    """The first of the named fields that the form has."""
    for name in names:
        if name in form:
            return form[name]
    return None
