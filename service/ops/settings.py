"""All settings, and the only reader of the environment.

Every field is `KOLVANI_<NAME>`, from the environment or a `.env` file in the working directory.
"""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.access.rates import read_rate

ENV_PREFIX: Final = "KOLVANI_"

# An hour of audio takes 230 MB on disk, as float32 at 16 kHz, and in memory what the model makes of
# it: 22 MB for 30 tokens every 20 ms, 46 MB for 129 every 40 ms, 370 MB for 1,025. So by default a
# request takes up to 1 GB on disk and 0.2 GB (1.5 GB) in memory, and at the ceiling six times that.
DEFAULT_AUDIO_SEC: Final = 4 * 3600.0
MOST_AUDIO_SEC: Final = 24 * 3600.0
DEFAULT_QUEUE_AUDIO_SEC: Final = 8 * 3600.0  # twice the longest that is taken by default
DEFAULT_CACHE_BYTES: Final = 1 << 28
DEFAULT_UPLOAD_BYTES: Final = 1 << 30  # 4 hours of 16-bit WAV at 16 kHz take 0.46 GB


Names = Annotated[tuple[str, ...], NoDecode]  # with commas between, not JSON


class Settings(BaseSettings):
    """Validated once, at start, and never changed."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
    )

    models_dir: Path = Field(Path("models"), description="Folder of model bundles.")
    cache_dir: Path | None = Field(
        Path("~/.cache/kolvani"),
        description="Folder for models as this CPU runs them, mapped at load; empty: none.",
    )
    load: Literal["start", "first_use"] = Field(
        "start", description="When models are loaded: at the `start`, or on `first_use`."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(
        0, ge=0, le=1024, description="Inferences at a time; 0: CPU quota / intra_op_threads."
    )
    intra_op_threads: int = Field(
        1, ge=1, le=1024, description="Threads of one inference beside others; alone it has all."
    )
    max_queue: int = Field(
        32, ge=0, le=100_000, description="Requests that may wait; past them: 503 with Retry-After."
    )
    max_queue_audio_sec: float = Field(
        DEFAULT_QUEUE_AUDIO_SEC,
        ge=0,
        description="Seconds of audio that may wait or be worked on, for each model; 0: any.",
    )
    request_timeout_sec: float = Field(
        0, ge=0, description="Longest that a request may take, waiting included; 0: no limit."
    )
    grace_sec: float = Field(
        100, gt=0, le=86_400, description="From SIGTERM to the end; what is not done by then: 503."
    )
    max_audio_sec: float = Field(
        DEFAULT_AUDIO_SEC,
        gt=0,
        le=MOST_AUDIO_SEC,
        description="Longest audio of a request, in seconds; a day at most.",
    )
    max_upload_bytes: int = Field(
        DEFAULT_UPLOAD_BYTES, ge=1, description="Largest request body, in bytes."
    )
    emission_cache_bytes: int = Field(
        DEFAULT_CACHE_BYTES,
        ge=0,
        description="What models heard, kept to align edited text without running them; 0: none.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe message that is logged."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="`json`, a line a record, or `text`; `auto`: text on a terminal."
    )
    otlp_endpoint: str | None = Field(
        None, description="OpenTelemetry collector that gets traces, over HTTP; needs its packages."
    )

    api_keys_file: Path | None = Field(
        None, description="File of API keys; without one everything is open to everybody."
    )
    open_status: bool = Field(
        default=False, description="Whether `/stats` and `/metrics` need no key where others do."
    )
    rate_limit: str | None = Field(
        None, description="Requests for work of a key, or of an address without keys: `60/minute`."
    )
    audio_limit: str | None = Field(
        None, description="Seconds of audio of the same: `36000/day`. Each process counts its own."
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses whose `X-Forwarded-For` is believed, or `*`."
    )
    cors_origins: Names = Field(
        (), description="Web pages that may call, by origin: `https://a.example`; `*`: all."
    )
    allowed_hosts: Names = Field(
        (), description="`Host` headers that are served, `*.a.example` too; none: all."
    )
    headers_timeout_sec: float = Field(
        20.0, gt=0, le=3600, description="How long a request's headers may take to come."
    )
    body_timeout_sec: float = Field(
        20.0,
        gt=0,
        le=3600,
        description="How long a body may be waited for, and for each"
        " `KOLVANI_MIN_BODY_BYTES_PER_SEC` of it a second more.",
    )
    min_body_bytes_per_sec: int = Field(
        500, ge=1, description="Slowest upload, once `KOLVANI_BODY_TIMEOUT_SEC` is used up."
    )
    send_timeout_sec: float = Field(
        60.0, gt=0, le=3600, description="How long a client may take no bytes of its answer."
    )
    keep_alive_sec: int = Field(
        75, ge=1, le=3600, description="How long an idle connection is kept."
    )
    max_connections: int = Field(
        0,
        ge=0,
        description="Open connections; 0: half of the files that may be open, or 4096.",
    )

    @field_validator("cors_origins", "allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(filter(None, (part.strip() for part in value.split(","))))
        return value

    @field_validator("api_keys_file", "rate_limit", "audio_limit", mode="before")
    @classmethod
    def _off_if_empty(cls, value: object) -> object:
        return value or None

    @field_validator("rate_limit", "audio_limit")
    @classmethod
    def _is_a_rate(cls, value: str | None) -> str | None:
        if value is not None:
            read_rate(value)
        return value

    @field_validator("cache_dir", mode="before")
    @classmethod
    def _none_if_empty(cls, value: object) -> object:
        return value or None
