"""POST /transcribe and POST /align."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace

from fastapi import APIRouter, Request, Response

from service.formats.document import document_of
from service.formats.table import JSON
from service.serving import dispatch
from service.serving.catalogue import Shortlist
from service.serving.dispatch import Answer
from service.spans import Alignment, Transcript
from service.web.answers.rendering import ANSWER, Part, Rendered
from service.web.answers.speech import (
    AlignAnswer,
    TranscribeAnswer,
    align_answer,
    transcribe_answer,
)
from service.web.asked import Asked, Hearing, ask
from service.web.described.errors import ERRORS
from service.web.described.speech import ALIGN_BODY, ANSWERED, TRANSCRIBE_BODY
from service.web.events.progress import reporting, result_event
from service.web.events.stream import Send
from service.web.forms.speech import SpeechForm, speech_form
from service.web.resources import Resources, ResourcesDep

router = APIRouter(tags=["speech"])

Told = tuple[Answer[Transcript] | Answer[Alignment], TranscribeAnswer | AlignAnswer]
Work = Callable[[Shortlist, Hearing, SpeechForm], Told]


@router.post(
    "/transcribe",
    response_model=TranscribeAnswer,
    responses={200: ANSWERED, **ERRORS},
    summary="Speech to text, with a time for every word",
    openapi_extra=TRANSCRIBE_BODY,
)
async def transcribe(request: Request, resources: ResourcesDep) -> Response:
    def work(shortlist: Shortlist, hearing: Hearing, form: SpeechForm) -> Told:
        answer = dispatch.transcribe(
            shortlist, hearing.sound, on_progress=hearing.on_progress, skipping=form.skipping
        )
        return answer, transcribe_answer(answer, hearing.before)

    return await _serve(request, resources, "transcribe", work)


@router.post(
    "/align",
    response_model=AlignAnswer,
    responses={200: ANSWERED, **ERRORS},
    summary="A time and a score for every word of a given text",
    openapi_extra=ALIGN_BODY,
)
async def align(request: Request, resources: ResourcesDep) -> Response:
    def work(shortlist: Shortlist, hearing: Hearing, form: SpeechForm) -> Told:
        answer = dispatch.align(
            shortlist,
            hearing.sound,
            form.transcript,
            form.options,
            on_progress=hearing.on_progress,
        )
        return answer, align_answer(answer, hearing.before)

    return await _serve(request, resources, "align", work)


async def _serve(request: Request, resources: Resources, task: str, work: Work) -> Response:
    """Up to the answer's bytes."""
    settings = resources.settings
    reading = speech_form(
        request,
        max_bytes=settings.max_upload_bytes,
        max_audio_sec=settings.max_audio_sec,
        with_transcript=task == "align",
    )
    async with AsyncExitStack() as owned:
        asked = await ask(owned, request, resources, task, reading)

        def tell(hearing: Hearing, send: Send) -> bytes:
            on_progress = reporting(hearing.on_progress, send, hearing.sound)
            rendered = _rendered(asked, replace(hearing, on_progress=on_progress), work)
            return result_event(rendered.part.content)

        if asked.form.stream:
            return await asked.stream(owned.pop_all(), tell)
        rendered = await asked.answer(lambda hearing: _rendered(asked, hearing, work))
        return rendered.response()


def _rendered(asked: Asked[SpeechForm], hearing: Hearing, work: Work) -> Rendered:
    """For a thread of the pool."""
    rendering = asked.form.rendering
    answer, told = work(asked.shortlist, hearing, asked.form)
    hearing.answered(told.model, told.duration_sec, told.timings)
    return rendering.rendered(
        lambda: document_of(answer.result, rendering.stem),
        {ANSWER: lambda: Part(told.model_dump_json().encode(), JSON)},
    )
