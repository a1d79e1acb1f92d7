"""The events of OpenAI's streamed transcriptions. None has a name: the data tells its type."""

from typing import Final

from service.serving.dispatch import Answer
from service.spans import Transcript
from service.web.events import event
from service.web.openai.answers import as_json, logprobs_of, warnings_of
from service.web.openai.form import TranscriptionForm

DONE: Final = event("[DONE]")  # what OpenAI's streams end with


def delta_event(delta: str) -> bytes:
    """What comes next in the text."""
    return event(as_json({"type": "transcript.text.delta", "delta": delta}))


def done_event(answer: Answer[Transcript], form: TranscriptionForm) -> bytes:
    """The whole text."""
    result = answer.result
    told: dict[str, object] = {"type": "transcript.text.done", "text": result.text}
    if form.logprobs:
        told["logprobs"] = [item.model_dump() for item in logprobs_of(result)]
    added = {"model": result.model, "warnings": warnings_of(result, form)}
    return event(as_json({**told, **added}))
