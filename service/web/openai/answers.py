"""The answers of OpenAI's audio API, and what ours add to them: the model, and warnings."""

import json
import math
from dataclasses import dataclass
from typing import Final, Literal, get_args
from urllib.parse import quote

from pydantic import BaseModel, Field

from service.formats.document import document_of
from service.formats.table import FORMATS, render
from service.formats.verbose_json import verbose_json
from service.serving.dispatch import Answer
from service.spans import Transcript, log_of
from service.web.openai.form import Granularity, TranscriptionForm

MODEL_HEADER: Final = "Kolvani-Model"
LANGUAGE_HEADER: Final = "Kolvani-Language"
IGNORED_HEADER: Final = "Kolvani-Ignored"
TEXT_TYPE: Final = "text/plain; charset=utf-8"
JSON_TYPE: Final = "application/json"

_REASONS: Final = {
    "prompt": "these models take no prompt",
    "temperature": "nothing is drawn at random",
}


class Usage(BaseModel):
    """What was worked on."""

    type: Literal["duration"] = "duration"
    seconds: int = Field(ge=0, description="Length of the audio, rounded up.")


class Logprob(BaseModel):
    """A piece of the text."""

    token: str = Field(description="With the space before it, if it has one; joined: the text.")
    bytes: list[int] = Field(description="The same in UTF-8.")
    logprob: float = Field(le=0, description="The mean over the token's frames of log p(token).")


class Transcription(BaseModel):
    """`response_format=json`."""

    text: str
    logprobs: list[Logprob] | None = Field(
        None, description="With `include[]=logprobs`; absent without."
    )
    usage: Usage
    model: str = Field(description="The one that answered. Not in OpenAI's answers.")
    warnings: list[str] = Field(description="Such as a field without effect. Not in OpenAI's.")


@dataclass(frozen=True)
class Content:
    """An answer on the wire."""

    body: bytes
    headers: dict[str, str]


def content_of(answer: Answer[Transcript], form: TranscriptionForm) -> Content:
    """A transcript in the format that was asked for, and headers that tell whose it is."""
    result = answer.result
    body, content_type = _written(result, form)
    headers = {
        MODEL_HEADER: quote(result.model),
        LANGUAGE_HEADER: quote(result.language),
        **ignored_header(form),
        "content-type": content_type,
    }
    return Content(body, headers)


def ignored_header(form: TranscriptionForm) -> dict[str, str]:
    """The fields that have no effect, if there are any."""
    names = ", ".join(quote(name) for name in form.ignored)
    return {IGNORED_HEADER: names} if names else {}


def logprobs_of(result: Transcript) -> list[Logprob]:
    """The pieces of the text."""
    return [
        Logprob(
            token=piece.text,
            bytes=list(piece.text.encode()),
            logprob=round(log_of(piece.score), 4),
        )
        for piece in result.tokens
    ]


def warnings_of(result: Transcript, form: TranscriptionForm) -> list[str]:
    """Those of the answer, and one for each field that has no effect."""
    return [*result.warnings, *(_warning(name) for name in form.ignored)]


def _written(result: Transcript, form: TranscriptionForm) -> tuple[bytes, str]:
    """The body and its content type."""
    name = form.response_format
    if name == "text":
        return f"{result.text}\n".encode(), TEXT_TYPE
    if name == "json":
        usage = Usage(seconds=math.ceil(result.duration_sec))
        warnings = warnings_of(result, form)
        answer = Transcription(
            text=result.text,
            logprobs=logprobs_of(result) if form.logprobs else None,
            usage=usage,
            model=result.model,
            warnings=warnings,
        )
        return answer.model_dump_json(exclude_none=True).encode(), JSON_TYPE
    if name == "verbose_json":
        return as_json(_verbose(result, form)).encode(), JSON_TYPE
    return render(document_of(result), name, form.options), FORMATS[name].content_type


def _verbose(result: Transcript, form: TranscriptionForm) -> dict[str, object]:
    """Of the times, those that were asked for."""
    unasked = {f"{granularity}s" for granularity in get_args(Granularity)}
    unasked -= {f"{granularity}s" for granularity in form.granularities}
    members = verbose_json(document_of(result)).items()
    asked = {name: value for name, value in members if name not in unasked}
    return {**asked, "model": result.model, "warnings": warnings_of(result, form)}


def _warning(name: str) -> str:
    return f"the field {name} has no effect: {_REASONS.get(name, 'it is not known here')}"


def as_json(document: object) -> str:
    """On one line, every letter as it is."""
    return json.dumps(document, ensure_ascii=False)
