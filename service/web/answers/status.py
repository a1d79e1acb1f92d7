"""What is told of the server itself."""

from pydantic import BaseModel


class Health(BaseModel):
    """The process lives."""

    status: str
    uptime_sec: float


class Readiness(BaseModel):
    """Whether requests are served, by which models, and which folders cannot be."""

    status: str
    models: list[str]
    broken: dict[str, str]


class Overview(BaseModel):
    """What this is and how to use it."""

    name: str
    version: str
    description: str
    models: list[str]
    languages: list[str]
    endpoints: dict[str, str]
    try_it: list[str]
