"""All settings, and the only reader of the environment.

Every field is `KOLVANI_<NAME>`, from the environment or a `.env` file in the working directory.
"""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ENV_PREFIX: Final = "KOLVANI_"


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
    load: Literal["start", "first_use"] = Field(
        "start", description="When models are loaded: at the `start`, or on `first_use`."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(
        0, ge=0, le=1024, description="Inferences at a time; 0: CPU quota / intra_op_threads."
    )
    intra_op_threads: int = Field(1, ge=1, le=1024, description="Threads of one inference.")
    max_queue: int = Field(
        32, ge=0, le=100_000, description="Requests that may wait; past them: 503 with Retry-After."
    )
    max_audio_sec: float = Field(
        60.0, gt=0, le=60.0, description="Longest audio of a request, in seconds."
    )
    max_upload_bytes: int = Field(
        64 * 1024 * 1024, ge=1, description="Largest request body, in bytes."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe message that is logged."
    )
