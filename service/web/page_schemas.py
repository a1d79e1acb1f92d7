"""What the page at /ui is told."""

from pydantic import BaseModel, Field


class ClipAnswer(BaseModel):
    """An example: its recording is at `/ui/examples/<name>`."""

    name: str
    language: str
    text: str


class PageSettings(BaseModel):
    """What the page must know before it sends anything."""

    max_upload_bytes: int
    max_audio_sec: float
    examples: list[ClipAnswer] = Field(description="None where the folder is not at hand.")
