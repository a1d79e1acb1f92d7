"""What is told of the server itself."""

from pydantic import BaseModel, Field

from service.web.answers.models import ModelState


class Health(BaseModel):
    """The process lives."""

    status: str
    uptime_sec: float


class Readiness(BaseModel):
    """Whether requests are served, by which models, and which folders cannot be."""

    status: str
    models: list[str]
    broken: dict[str, str]


class PoolState(BaseModel):
    """The pool of inference threads."""

    workers: int
    intra_op_threads: int
    usable_cpus: int
    admitted: int = Field(description="Requests that run or wait now.")
    max_queue: int


class CacheState(BaseModel):
    """What models heard, kept for texts that are edited and aligned again."""

    recordings: int = Field(description="Kept now, once for each model that heard them.")
    held_bytes: int
    max_bytes: int
    hits: int
    misses: int


class Stats(BaseModel):
    """What has been served since the start."""

    uptime_sec: float
    requests: dict[str, dict[str, int]] = Field(description="task -> outcome -> count")
    audio_sec: float
    pool: PoolState
    cache: CacheState
    models: list[ModelState]


class Overview(BaseModel):
    """What this is and how to use it."""

    name: str
    version: str
    description: str
    models: list[str]
    languages: list[str]
    endpoints: dict[str, str]
    try_it: list[str]
