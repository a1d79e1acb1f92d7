"""The answers on the wire. Field descriptions and examples are what /docs shows."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from service.serving.choice import PROBE_SEC, By
from service.serving.dispatch import Answer
from service.spans import Alignment, Status, Transcript
from service.web.model_schemas import ModelState

# Real answers to the first example clip; tests/golden/refresh.py writes them.
_EXAMPLES: Final = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))

NO_STAGES: Final[Mapping[str, float]] = {}

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


class CharacterAnswer(BaseModel):
    """A character with its time, within that of its word."""

    char: str
    start: Seconds | None
    end: Seconds | None
    score: Score | None
    status: Status = Field(
        description="`interpolated` where the model does not speak it, such as a point or a comma: "
        "its score is null then, and it lasts no time, unless that holds for all of its word; "
        "otherwise that of its word."
    )
    char_start: int = Field(ge=0, description="Its place in the text.")


class ChoiceAnswer(BaseModel):
    """Which model answered, and why."""

    by: By = Field(
        description="What decided: the `request`, that named a model or a language; `only` one is "
        "served; the `script` of the text; the models' `certainty` on the recording's beginning."
    )
    reason: str = Field(description="The same in a sentence, with the figures.")
    candidates: dict[str, float] = Field(
        description="Model -> the figure that was compared, in [0, 1]. `script`: the share of the "
        "text's letters that are in the model's script. `certainty`: exp(mean of log p of the best "
        f"token, over the frames on which it is no blank), on {PROBE_SEC:g} s from the first sound "
        "on; 0 where nothing is heard. Empty if nothing was compared."
    )


class ServedAnswer(BaseModel):
    """What every answer to a recording tells."""

    duration_sec: float = Field(description="Length of the audio, in seconds.")
    language: str
    model: str
    choice: ChoiceAnswer
    timings: dict[str, float] = Field(
        description="Seconds by stage: queue, decode, features, ...; `language` where models were "
        "compared, `load` where the request loaded a model or waited for that."
    )
    warnings: list[str]


class _Answer(ServedAnswer):
    words: list[WordAnswer]


class TranscribeAnswer(_Answer):
    """What was heard."""

    text: str

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLES["/transcribe"]})


class AlignAnswer(_Answer):
    """When each word of the given text is said."""

    score: Score
    characters: list[CharacterAnswer] | None = Field(
        description="Every character of every word, in order, spaces left out; null unless the "
        "request asked for `characters`. Characters that the model speaks as one share its time in "
        "equal parts."
    )

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


def transcribe_answer(
    answer: Answer[Transcript], before: Mapping[str, float] = NO_STAGES
) -> TranscribeAnswer:
    """A transcript on the wire; `before`: seconds of the stages before the answer's own."""
    return TranscribeAnswer(text=answer.result.text, **_shared(answer, before))


def align_answer(answer: Answer[Alignment], before: Mapping[str, float] = NO_STAGES) -> AlignAnswer:
    """An alignment on the wire; `before`: seconds of the stages before the answer's own."""
    placed = answer.result.characters
    characters = (
        None
        if placed is None
        else [
            CharacterAnswer.model_validate(character, from_attributes=True) for character in placed
        ]
    )
    return AlignAnswer(
        score=answer.result.score,
        characters=characters,
        **_shared(answer, before),
    )


def served(
    answer: Answer[Transcript] | Answer[Alignment], before: Mapping[str, float]
) -> dict[str, Any]:
    """The fields of a ServedAnswer; `before`: seconds of the stages before the answer's own."""
    result = answer.result
    timings = {**before, **answer.before, **result.timings}
    return {
        "duration_sec": round(result.duration_sec, 3),
        "language": result.language,
        "model": result.model,
        "choice": ChoiceAnswer.model_validate(answer.choice, from_attributes=True),
        "timings": {stage: round(seconds, 4) for stage, seconds in timings.items()},
        "warnings": list(result.warnings),
    }


def _shared(
    answer: Answer[Transcript] | Answer[Alignment], before: Mapping[str, float]
) -> dict[str, Any]:
    words = answer.result.words
    return {
        **served(answer, before),
        "words": [WordAnswer.model_validate(word, from_attributes=True) for word in words],
    }
