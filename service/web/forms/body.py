"""Multipart bodies, checked while they stream in.

Small uploads stay in memory, larger ones go to an unnamed temporary file that disappears when it is
closed; the body is never whole in memory, and is refused as soon as it passes the limit.
"""

from collections.abc import AsyncGenerator
from typing import Final

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

from service.errors import InvalidField, StorageFull, UploadTooLarge
from service.samples import FULL, RETRY_SEC

CHARSETS: Final = ("utf-8", "utf8")
FORM_TYPE: Final = "multipart/form-data"
MAX_FILES: Final = 4
MAX_FIELDS: Final = 32
MAX_TEXT_BYTES: Final = 1 << 22  # a day of Hindi, at 150 words a minute, is 3.5 MB


async def read_form(request: Request, max_bytes: int, text: str = "transcript") -> FormData:
    """A form of at most `max_bytes`; `text`: the field that may hold a long text.

    Raises InvalidField, UploadTooLarge, or StorageFull where the disk does not hold the upload.
    """
    _check_type(request.headers.get("content-type", ""))
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
            raise text_too_large(text) from error
        raise InvalidField(
            f"expected a well-formed {FORM_TYPE} body, got: {error.message}", param="body"
        ) from error
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise StorageFull(
            f"expected room on the disk for the upload, got: {error.strerror}",
            retry_after_sec=RETRY_SEC,
        ) from error


def _check_type(content_type: str) -> None:
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


def text_too_large(name: str) -> UploadTooLarge:
    """The complaint about the text in the field `name`."""
    return UploadTooLarge(
        f"expected a text of at most {MAX_TEXT_BYTES} bytes, got more",
        param=name,
        max_text_bytes=MAX_TEXT_BYTES,
    )
