"""What this server offers, for clients that adapt themselves to it."""

from typing import Final, get_args

from pydantic import BaseModel, Field

from service import __version__
from service.formats.table import FORMATS
from service.ops.settings import Settings
from service.subtitles.reading import MAX_BYTES
from service.web.endpoints import ENDPOINTS
from service.web.openai.form import ResponseFormat
from service.web.uploads import MAX_TEXT_BYTES


class FormatInfo(BaseModel):
    """A format that answers are written in."""

    name: str
    suffix: str = Field(description="Of a file, with its full stop.")
    media_type: str


class Limits(BaseModel):
    """What a request may not pass."""

    max_audio_sec: float
    max_upload_bytes: int = Field(description="Of the whole body.")
    max_text_bytes: int = Field(description="Of a transcript.")
    max_subtitles_bytes: int
    max_queue: int = Field(description="Requests that wait; past them: 503 with Retry-After.")


class ApiInfo(BaseModel):
    """Version, routes, formats and limits."""

    name: str
    version: str
    endpoints: dict[str, str]
    events: list[str] = Field(description="The routes that answer in server-sent events: stream.")
    formats: list[FormatInfo]
    response_formats: list[str] = Field(description="Of /v1/audio/transcriptions.")
    limits: Limits


EVENTS: Final = ["/transcribe", "/align", "/v1/audio/transcriptions"]
JSON_FORMAT: Final = FormatInfo(name="json", suffix=".json", media_type="application/json")


def api_info(settings: Settings) -> ApiInfo:
    """What a server of these settings offers."""
    written = (
        FormatInfo(name=item.name, suffix=item.suffix, media_type=item.media_type)
        for item in FORMATS.values()
    )
    return ApiInfo(
        name="Kolvani",
        version=__version__,
        endpoints=ENDPOINTS,
        events=EVENTS,
        formats=[JSON_FORMAT, *written],
        response_formats=list(get_args(ResponseFormat)),
        limits=Limits(
            max_audio_sec=settings.max_audio_sec,
            max_upload_bytes=settings.max_upload_bytes,
            max_text_bytes=MAX_TEXT_BYTES,
            max_subtitles_bytes=MAX_BYTES,
            max_queue=settings.max_queue,
        ),
    )
