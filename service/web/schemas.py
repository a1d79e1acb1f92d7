"""The answers on the wire. Field descriptions and examples are what /docs shows."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from service.serving.choice import PROBE_SEC, By
from service.serving.dispatch import Answer
from service.spans import Alignment, Status, Transcript

# Real answers to the first example clip; tests/golden/refresh.py writes them.
_EXAMPLES: Final = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))

Schema = TypeVar("Schema", bound=BaseModel)

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

    word: str = Field(description="As written in the text, with its punctuation.")
    start: Seconds | None = Field(
        description="Seconds from the start of the audio to its first letter; null if `not_found`."
    )
    end: Seconds | None = Field(
        description="The same to where its sound falls quiet, or the next word begins."
    )
    score: Score | None
    status: Status = Field(
        description="`aligned`: it has times and a score. `interpolated`: the model cannot spell "
        "it (an emoji, a foreign word) or nothing of it is said (a dash): its time is the speech "
        "found in its place, or else the gap that it stands in, and its score is null. "
        "`not_found`: it was not heard, and has neither."
    )
    char_start: int = Field(ge=0, description="Place of the word's first character in the text.")
    char_end: int = Field(ge=0, description="Place after its last character.")


class PlacedWordAnswer(WordAnswer):
    """A word of the given text."""

    reading: str | None = Field(
        description="How it was said, for a number and for any word that can be read in several "
        "ways: the reading that fits the sound best. null for all others."
    )


class SegmentAnswer(BaseModel):
    """A sentence or a line of the given text."""

    text: str
    start: Seconds | None
    end: Seconds | None
    score: Score | None
    status: Status = Field(
        description="`aligned` if any of its words is; else `interpolated` if any is."
    )
    char_start: int = Field(ge=0)
    char_end: int = Field(ge=0)
    first_word: int = Field(ge=0, description="Of `words`, from 0.")
    end_word: int = Field(ge=0, description="After its last word.")


class UnspokenAnswer(BaseModel):
    """Words that were written and not heard: a run of words with the status `not_found`."""

    text: str
    char_start: int = Field(ge=0)
    char_end: int = Field(ge=0)


class UnwrittenAnswer(BaseModel):
    """Speech that the text lacks, and what the model makes of it."""

    start: Seconds
    end: Seconds
    text: str


class CharacterAnswer(BaseModel):
    """A character with its time, within that of its word; of a model of phonemes, a phoneme."""

    char: str = Field(
        description="As written in the text; a phoneme as the model's vocabulary has it."
    )
    start: Seconds | None
    end: Seconds | None
    score: Score | None
    status: Status = Field(
        description="`interpolated` where the model does not speak it, such as a point or a comma: "
        "its score is null then, and it lasts no time, unless that holds for all of its word; "
        "otherwise that of its word."
    )
    char_start: int = Field(
        ge=0,
        description="Its place in the text; of a phoneme that of the first character that it "
        "stands for, which is the beginning of a word that is said as `pronunciations` has it.",
    )


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
    cached: bool = Field(
        description="Whether the model had heard this recording for an earlier request, so that it "
        "did not run again."
    )
    warnings: list[str]


class TranscribeAnswer(ServedAnswer):
    """What was heard."""

    words: list[WordAnswer] = Field(
        description="In the order of time; the status of each is `aligned`, and none lacks times."
    )
    text: str

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLES["/transcribe"]})


class AlignAnswer(ServedAnswer):
    """When each word of the given text is said."""

    score: Score
    quality: float = Field(
        ge=0,
        le=1,
        description="An estimate of the share of the text that is said where it was placed. Near 1 "
        "where text and audio belong together, near 0 where they do not.",
    )
    words: list[PlacedWordAnswer]
    segments: list[SegmentAnswer]
    unspoken: list[UnspokenAnswer] = Field(description="Written, not heard.")
    unwritten: list[UnwrittenAnswer] = Field(description="Heard, not written.")
    characters: list[CharacterAnswer] | None = Field(
        description="Every character of every word, in order, spaces left out; null unless the "
        "request asked for `characters`. Characters that the model speaks as one share its time in "
        "equal parts. Of a model whose `units` are `phonemes` (GET /models): every phoneme that it "
        "speaks, one a token, and none for what it does not speak."
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
    return TranscribeAnswer(
        text=answer.result.text,
        words=_all(WordAnswer, answer.result.words),
        **served(answer, before),
    )


def align_answer(answer: Answer[Alignment], before: Mapping[str, float] = NO_STAGES) -> AlignAnswer:
    """An alignment on the wire; `before`: seconds of the stages before the answer's own."""
    result = answer.result
    characters = result.characters
    return AlignAnswer(
        score=result.score,
        quality=result.quality,
        words=_all(PlacedWordAnswer, result.words),
        segments=_all(SegmentAnswer, result.segments),
        unspoken=_all(UnspokenAnswer, result.unspoken),
        unwritten=_all(UnwrittenAnswer, result.unwritten),
        characters=None if characters is None else _all(CharacterAnswer, characters),
        **served(answer, before),
    )


def served(
    answer: Answer[Transcript] | Answer[Alignment], before: Mapping[str, float]
) -> dict[str, Any]:
    """The fields of a ServedAnswer; `before`: seconds of the stages before the answer's own."""
    result = answer.result
    return {
        "duration_sec": round(result.duration_sec, 3),
        "language": result.language,
        "model": result.model,
        "choice": ChoiceAnswer.model_validate(answer.choice, from_attributes=True),
        "timings": timings_of(answer, before),
        "cached": answer.cached,
        "warnings": list(result.warnings),
    }


def timings_of(
    answer: Answer[Transcript] | Answer[Alignment], before: Mapping[str, float]
) -> dict[str, float]:
    """Seconds by stage, in the order in which sound flows."""
    timings = {**before, **answer.before, **answer.result.timings}
    return {stage: round(seconds, 4) for stage, seconds in timings.items()}


def _all(schema: type[Schema], items: Iterable[object]) -> list[Schema]:
    return [schema.model_validate(item, from_attributes=True) for item in items]
