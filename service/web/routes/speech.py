"""POST /transcribe and POST /align."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from fastapi import APIRouter, Request

from service.audio import Audio, decode
from service.catalogue import require
from service.errors import KolvaniError
from service.ops.metrics import OK, Metrics
from service.recognizer import Recognizer
from service.spans import Alignment, Transcript
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

Spoken = TypeVar("Spoken", Transcript, Alignment)

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
_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": ErrorAnswer, "description": "A field is missing or holds something else."},
    404: {"model": ErrorAnswer, "description": "Unknown model or language; the known ones."},
    413: {"model": ErrorAnswer, "description": "Audio too long or body too large; the limit."},
    415: {"model": ErrorAnswer, "description": "Not audio that is read here; what it is."},
    422: {"model": ErrorAnswer, "description": "Audio or text that cannot be worked with; why."},
    503: {"model": ErrorAnswer, "description": "Queue full or still loading; Retry-After."},
}


def _form(fields: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "required": required, "properties": fields}
    return {"requestBody": {"required": True, "content": {FORM_TYPE: {"schema": schema}}}}


@router.post(
    "/transcribe",
    responses=_ERRORS,
    summary="Speech to text, with a time for every word",
    openapi_extra=_form(_SHARED_FIELDS, ["audio"]),
)
async def transcribe(request: Request, resources: ResourcesDep) -> TranscribeAnswer:
    def work(recognizer: Recognizer, audio: Audio, _: SpeechForm) -> Transcript:
        return recognizer.transcribe(audio)

    return transcribe_answer(*await _serve(request, resources, "transcribe", work))


@router.post(
    "/align",
    responses=_ERRORS,
    summary="A time and a score for every word of a given text",
    openapi_extra=_form({**_SHARED_FIELDS, **_TRANSCRIPT_FIELD}, ["audio", "transcript"]),
)
async def align(request: Request, resources: ResourcesDep) -> AlignAnswer:
    def work(recognizer: Recognizer, audio: Audio, form: SpeechForm) -> Alignment:
        return recognizer.align(audio, form.transcript)

    return align_answer(*await _serve(request, resources, "align", work))


async def _serve(
    request: Request,
    resources: Resources,
    task: str,
    work: Callable[[Recognizer, Audio, SpeechForm], Spoken],
) -> tuple[Spoken, dict[str, float]]:
    """Read the form, work in the pool, count. Returns the result and the seconds by stage."""
    settings = resources.settings
    with _counted(resources.metrics, task):
        catalogue = require(resources.catalogue)
        async with speech_form(
            request,
            max_bytes=settings.max_upload_bytes,
            max_audio_sec=settings.max_audio_sec,
            with_transcript=task == "align",
        ) as form:
            recognizer = catalogue.pick(form.model, form.language)

            def job() -> tuple[Spoken, float]:
                began = time.perf_counter()
                audio = decode(form.audio, recognizer.manifest.sample_rate, form.max_audio_sec)
                decode_sec = time.perf_counter() - began
                return work(recognizer, audio, form), decode_sec

            ran = await run_for_client(request, resources.pool, job)
    result, decode_sec = ran.result
    timings = {"queue": ran.queued_sec, "decode": decode_sec, **result.timings}
    resources.metrics.observe(task, result.model, result.duration_sec, timings)
    return result, timings


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
    except ClientGone:
        outcome = CLIENT_GONE
        raise
    finally:
        metrics.count(task, outcome)
