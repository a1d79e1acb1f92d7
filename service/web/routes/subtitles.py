"""POST /retime."""

from contextlib import closing

from fastapi import APIRouter, Request, Response

from service.chunking import Progress
from service.serving.retiming import retime
from service.web.counting import counted
from service.web.description import ERRORS, RETIME_BODY
from service.web.resources import ResourcesDep, run_for_client
from service.web.retime_form import retime_form
from service.web.retime_schemas import MEDIA_TYPES, RetimeAnswer, media_type, retime_answer

router = APIRouter(tags=["speech"])

TASK = "retime"
FILE = {
    "description": "The file with its new times and nothing else changed; or, with "
    "`response_format=json`, what was done.",
    "content": {kind: {"schema": {"type": "string"}} for kind in MEDIA_TYPES.values()},
}


@router.post(
    "/retime",
    response_model=RetimeAnswer,
    responses={200: FILE, **ERRORS},
    summary="Subtitles with the times at which they are said",
    openapi_extra=RETIME_BODY,
)
async def retimed_subtitles(request: Request, resources: ResourcesDep) -> Response:
    settings = resources.settings
    with counted(resources.metrics, TASK):
        catalogue = resources.open_catalogue()
        async with retime_form(
            request, max_bytes=settings.max_upload_bytes, max_audio_sec=settings.max_audio_sec
        ) as form:
            shortlist = catalogue.shortlist(form.model, form.language)

            def job(queued_sec: float, on_progress: Progress) -> tuple[bytes, str]:
                with closing(resources.recording(form.audio, form.max_audio_sec)) as sound:
                    retimed = retime(
                        shortlist,
                        sound,
                        form.subtitles,
                        tier=form.tier,
                        linger_sec=form.linger_sec,
                        on_progress=on_progress,
                    )
                answer = retime_answer(retimed, {"queue": queued_sec})
                resources.metrics.observe(TASK, answer.model, answer.duration_sec, answer.timings)
                if form.as_json:
                    return answer.model_dump_json().encode(), "application/json"
                return retimed.subtitles.content, media_type(retimed)

            content, kind = await run_for_client(request, resources.pool, job)
    return Response(content, headers={"content-type": kind})
