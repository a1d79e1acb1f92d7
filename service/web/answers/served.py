"""What every answer to a recording tells: whose it is, why, and what it took."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, Field

from service.serving.choice import PROBE_SEC, By
from service.serving.dispatch import Answer
from service.spans import Alignment, Transcript

NO_STAGES: Final[Mapping[str, float]] = {}


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
        "compared, `load` where the request loaded a model or waited for that, `vad` where silence "
        "was looked for."
    )
    cached: bool = Field(
        description="Whether the model had heard this recording for an earlier request, so that it "
        "did not run again."
    )
    warnings: list[str]


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
