"""POST /transcribe and POST /align."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from service.audio import READABLE, Audio, decode
from service.errors import Fact, KolvaniError
from service.ops.metrics import OK, Metrics
from service.recognizer import Recognizer
from service.web.resources import ClientGone, Resources, ResourcesDep, run_for_client
from service.web.schemas import (
    AlignAnswer,
    ErrorAnswer,
    TranscribeAnswer,
    align_answer,
    transcribe_answer,
)
from service.web.uploads import FORM_TYPE, SpeechForm, speech_form

router = APIRouter(tags=["speech"])

Stages = dict[str, float]  # seconds by stage

CLIENT_GONE: Final = "client_gone"

_SHARED_FIELDS: Final[dict[str, Any]] = {
    "audio": {
        "type": "string",
        "format": "binary",
        "description": "The recording: WAV, FLAC, OGG, MP3, M4A, AAC, WebM ... (`file` will do.)",
    },
    "model": {"type": "string", "description": "A model's id.", "examples": ["he-demo"]},
    "language": {"type": "string", "description": "A language's code.", "examples": ["he"]},
    "max_audio_sec": {
        "type": "number",
        "exclusiveMinimum": 0,
        "description": "Refuse audio that is longer; at most the server's own limit.",
    },
}
_TRANSCRIPT_FIELD: Final[dict[str, Any]] = {
    "transcript": {
        "description": "The text that is spoken: a field or a UTF-8 text file.",
        "anyOf": [{"type": "string"}, {"type": "string", "format": "binary"}],
        "examples": ["שלום עולם"],
    }
}


def _fault(description: str, code: str, message: str, **facts: Fact) -> dict[str, Any]:
    """One documented error status: the answer's model, and an example with its facts."""
    kind = "server_error" if "retry_after_sec" in facts else "invalid_request_error"
    param = facts.pop("param", None)
    error = {"type": kind, "code": code, "message": message, "param": param, **facts}
    content = {"application/json": {"example": {"error": error}}}
    return {"model": ErrorAnswer, "description": description, "content": content}


_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: _fault(
        "`missing_field`, `invalid_field`, `empty_transcript`: a field is absent or holds "
        "something else than expected.",
        "missing_field",
        "expected a file in the field audio (or file), got none",
        param="audio",
    ),
    404: _fault(
        "`unknown_model`, `unknown_language`: with the known ones.",
        "unknown_language",
        "expected one of the languages he, got 'xx'",
        param="language",
        known=["he"],
    ),
    413: _fault(
        "`audio_too_long`, `upload_too_large`: with the limit.",
        "audio_too_long",
        "expected at most 60 s of audio, got more: cut it into parts and send each",
        param="audio",
        max_audio_sec=60.0,
    ),
    415: _fault(
        "`unsupported_audio`: no audio that is read here, and what it is.",
        "unsupported_audio",
        f"expected audio as {READABLE}, got a PDF document",
        param="audio",
        recognized="a PDF document",
        first_bytes="25 50 44 46 2d 31 2e 37",
    ),
    422: _fault(
        "`corrupt_audio`, `empty_audio`, `invalid_samples`, `no_speech`, `nothing_to_align`, "
        "`transcript_too_long`: audio or text that cannot be worked with, and why.",
        "transcript_too_long",
        "expected audio of at least 199 frames for 199 tokens, got 49",
        param="transcript",
        frames_needed=199,
        frames=49,
        tokens=199,
    ),
    500: _fault(
        "`internal`, `inference_error`: an error on our side; it has been logged.",
        "internal",
        "an error on our side; it has been logged",
    ),
    503: _fault(
        "`overloaded`, `not_ready`: come back after Retry-After seconds.",
        "overloaded",
        "expected room in the queue of 32, got none: try again in 4 s",
        retry_after_sec=4,
        max_queue=32,
    ),
}


def _form(fields: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "required": required, "properties": fields}
    return {"requestBody": {"required": True, "content": {FORM_TYPE: {"schema": schema}}}}


@router.post(
    "/transcribe",
    response_model=TranscribeAnswer,
    responses=_ERRORS,
    summary="Speech to text, with a time for every word",
    openapi_extra=_form(_SHARED_FIELDS, ["audio"]),
)
async def transcribe(request: Request, resources: ResourcesDep) -> Response:
    def work(
        recognizer: Recognizer, audio: Audio, _: SpeechForm, before: Stages
    ) -> TranscribeAnswer:
        return transcribe_answer(recognizer.transcribe(audio), before)

    return await _serve(request, resources, "transcribe", work)


@router.post(
    "/align",
    response_model=AlignAnswer,
    responses=_ERRORS,
    summary="A time and a score for every word of a given text",
    openapi_extra=_form({**_SHARED_FIELDS, **_TRANSCRIPT_FIELD}, ["audio", "transcript"]),
)
async def align(request: Request, resources: ResourcesDep) -> Response:
    def work(recognizer: Recognizer, audio: Audio, form: SpeechForm, before: Stages) -> AlignAnswer:
        return align_answer(recognizer.align(audio, form.transcript), before)

    return await _serve(request, resources, "align", work)


async def _serve(
    request: Request,
    resources: Resources,
    task: str,
    work: Callable[[Recognizer, Audio, SpeechForm, Stages], TranscribeAnswer | AlignAnswer],
) -> Response:
    """Read the form, work in the pool up to the answer's bytes, count."""
    settings = resources.settings
    with _counted(resources.metrics, task):
        catalogue = resources.warm_catalogue()
        async with speech_form(
            request,
            max_bytes=settings.max_upload_bytes,
            max_audio_sec=settings.max_audio_sec,
            with_transcript=task == "align",
        ) as form:
            recognizer = catalogue.pick(form.model, form.language)

            def job(queued_sec: float) -> bytes:
                began = time.perf_counter()
                audio = decode(form.audio, recognizer.manifest.sample_rate, form.max_audio_sec)
                before = {"queue": queued_sec, "decode": time.perf_counter() - began}
                answer = work(recognizer, audio, form, before)
                resources.metrics.observe(task, answer.model, audio.duration_sec, answer.timings)
                return answer.model_dump_json().encode()

            content = await run_for_client(request, resources.pool, job)
    return Response(content, media_type="application/json")


@contextmanager
def _counted(metrics: Metrics, task: str) -> Iterator[None]:
    """Count how a request ends, whatever the end is."""
    outcome = "internal"
    try:
        yield
        outcome = OK
    except KolvaniError as error:
        outcome = error.code
        raise
    except (ClientGone, ClientDisconnect):
        outcome = CLIENT_GONE
        raise
    finally:
        metrics.count(task, outcome)
