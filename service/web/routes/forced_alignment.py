"""POST /v1/forced-alignment: ElevenLabs' API."""

from contextlib import closing

from fastapi import APIRouter, Request, Response

from service.chunking import Progress
from service.serving import dispatch
from service.web.counting import counted
from service.web.description import ERRORS, FORCED_ALIGNMENT_BODY
from service.web.forced_alignment import ForcedAlignment, alignment_form, forced_alignment
from service.web.resources import ResourcesDep, run_for_client
from service.web.schemas import timings_of

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
    with counted(resources.metrics, TASK):
        catalogue = resources.open_catalogue()
        async with alignment_form(
            request, max_bytes=settings.max_upload_bytes, max_audio_sec=settings.max_audio_sec
        ) as form:
            shortlist = catalogue.shortlist(form.model, form.language)

            def job(queued_sec: float, on_progress: Progress) -> bytes:
                with closing(resources.recording(form.audio, form.max_audio_sec)) as sound:
                    answer = dispatch.align(
                        shortlist, sound, form.text, form.options, on_progress=on_progress
                    )
                result, timings = answer.result, timings_of(answer, {"queue": queued_sec})
                resources.metrics.observe(TASK, result.model, result.duration_sec, timings)
                return forced_alignment(answer).model_dump_json().encode()

            content = await run_for_client(request, resources.pool, job)
    return Response(content, media_type="application/json")
