"""What was heard, and where a text was heard. The descriptions are what /docs shows."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from service.serving.dispatch import Answer
from service.spans import Alignment, Transcript
from service.web.answers.served import NO_STAGES, ServedAnswer, served
from service.web.answers.words import (
    CharacterAnswer,
    PlacedWordAnswer,
    Score,
    SegmentAnswer,
    SkippedAnswer,
    UnspokenAnswer,
    UnwrittenAnswer,
    WordAnswer,
)

# Real answers to the first example clip; tests/golden/refresh.py writes them.
_EXAMPLES: Final = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
Schema = TypeVar("Schema", bound=BaseModel)


class TranscribeAnswer(ServedAnswer):
    """What was heard."""

    words: list[WordAnswer] = Field(
        description="In the order of time; the status of each is `aligned`, and none lacks times."
    )
    text: str
    skipped: list[SkippedAnswer] = Field(
        description="What no model heard, because nobody speaks there, in the order of time; empty "
        "unless the request asked for `vad`. Times of words are the recording's own all the same."
    )

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


def transcribe_answer(
    answer: Answer[Transcript], before: Mapping[str, float] = NO_STAGES
) -> TranscribeAnswer:
    """A transcript on the wire; `before`: seconds of the stages before the answer's own."""
    return TranscribeAnswer(
        text=answer.result.text,
        words=_all(WordAnswer, answer.result.words),
        skipped=_all(SkippedAnswer, answer.result.skipped),
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


def _all(schema: type[Schema], items: Iterable[object]) -> list[Schema]:
    return [schema.model_validate(item, from_attributes=True) for item in items]
