"""The answers on the wire. Field descriptions and examples are what /docs shows."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from service.spans import Alignment, Status, Transcript

# Real answers to the first example clip; tests/golden/refresh.py writes them.
_EXAMPLES: Final = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))

Score = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        description="exp(mean over the tokens' frames of log p(token)), in [0, 1]: how well the "
        "sound fits the letters. Not the probability that a word is right.",
    ),
]
Seconds = Annotated[float, Field(ge=0, description="Seconds from the start of the audio.")]


class WordAnswer(BaseModel):
    """A word with its time."""

    word: str
    start: Seconds | None
    end: Seconds | None
    score: Score | None
    status: Status
    char_start: int = Field(ge=0, description="Place of the word's first character in the text.")
    char_end: int = Field(ge=0, description="Place after its last character.")


class _Answer(BaseModel):
    duration_sec: float = Field(description="Length of the audio, in seconds.")
    language: str
    model: str
    timings: dict[str, float] = Field(description="Seconds by stage: queue, decode, features, ...")
    warnings: list[str]
    words: list[WordAnswer]


class TranscribeAnswer(_Answer):
    """What was heard."""

    text: str

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLES["/transcribe"]})


class AlignAnswer(_Answer):
    """When each word of the given text is said."""

    score: Score

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLES["/align"]})


class Fault(BaseModel):
    """What went wrong: what was expected, what came, and the facts beside it."""

    model_config = ConfigDict(extra="allow")

    type: str
    code: str
    message: str
    param: str | None


class ErrorAnswer(BaseModel):
    """The one error shape."""

    error: Fault


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


class Stats(BaseModel):
    """What has been served since the start."""

    uptime_sec: float
    requests: dict[str, dict[str, int]] = Field(description="task -> outcome -> count")
    audio_sec: float
    pool: PoolState
    models: list[str]


class Overview(BaseModel):
    """What this is and how to use it."""

    name: str
    version: str
    description: str
    models: list[str]
    languages: list[str]
    endpoints: dict[str, str]
    try_it: list[str]


def transcribe_answer(transcript: Transcript, before: Mapping[str, float]) -> TranscribeAnswer:
    """A transcript as its answer; `before`: seconds of the stages before the recognizer's."""
    return TranscribeAnswer(text=transcript.text, **_shared(transcript, before))


def align_answer(alignment: Alignment, before: Mapping[str, float]) -> AlignAnswer:
    """An alignment as its answer; `before`: seconds of the stages before the recognizer's."""
    return AlignAnswer(score=alignment.score, **_shared(alignment, before))


def _shared(result: Transcript | Alignment, before: Mapping[str, float]) -> dict[str, Any]:
    timings = {**before, **result.timings}
    return {
        "duration_sec": round(result.duration_sec, 3),
        "language": result.language,
        "model": result.model,
        "timings": {stage: round(seconds, 4) for stage, seconds in timings.items()},
        "warnings": list(result.warnings),
        "words": [WordAnswer.model_validate(word, from_attributes=True) for word in result.words],
    }
