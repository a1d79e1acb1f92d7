"""POST /v1/forced-alignment: ElevenLabs' API."""

from contextlib import AsyncExitStack

from fastapi import APIRouter, Request, Response

from service.serving import dispatch
from service.web.answers.served import timings_of
from service.web.asked import Hearing, ask
from service.web.described.errors import ERRORS
from service.web.described.speech import FORCED_ALIGNMENT_BODY
from service.web.elevenlabs.answers import ForcedAlignment, forced_alignment
from service.web.elevenlabs.form import alignment_form
from service.web.resources import ResourcesDep

router = APIRouter(prefix="/v1", tags=["ElevenLabs"])

TASK = "align"


@router.post(
    "/forced-alignment",
    response_model=ForcedAlignment,
    responses=ERRORS,
    summary="A time for every character and word, as ElevenLabs' clients ask for it",
    openapi_extra=FORCED_ALIGNMENT_BODY,
)
async def align(request: Request, resources: ResourcesDep) -> Response:
    """All times and losses are numbers, as these clients expect. What was not heard has them, too,
    and is marked: by `status`, by the greatest loss and by a warning. With `gaps=none` every word
    is given the time that fits it best.
    """
    settings = resources.settings
    reading = alignment_form(
        request, max_bytes=settings.max_upload_bytes, max_audio_sec=settings.max_audio_sec
    )
    async with AsyncExitStack() as owned:
        asked = await ask(owned, request, resources, TASK, reading)
        form = asked.form

        def work(hearing: Hearing) -> bytes:
            answer = dispatch.align(
                asked.shortlist,
                hearing.sound,
                form.text,
                form.options,
                on_progress=hearing.on_progress,
            )
            result, timings = answer.result, timings_of(answer, hearing.before)
            hearing.answered(result.model, result.duration_sec, timings)
            return forced_alignment(answer).model_dump_json().encode()

        content = await asked.answer(work)
    return Response(content, media_type="application/json")
