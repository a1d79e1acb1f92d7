"""POST /retime."""

from contextlib import closing

from fastapi import APIRouter, Request, Response

from service.chunking import Progress
from service.formats.document import document_of
from service.formats.table import JSON
from service.serving.retiming import retime
from service.web.counting import counted
from service.web.description import ERRORS, RETIME_BODY, RETIMED
from service.web.rendering import ANSWER, Part, Rendered
from service.web.resources import ResourcesDep, run_for_client
from service.web.retime_form import FILE, retime_form
from service.web.retime_schemas import RetimeAnswer, corrected_file, retime_answer

router = APIRouter(tags=["speech"])

TASK = "retime"


@router.post(
    "/retime",
    response_model=RetimeAnswer,
    responses={200: RETIMED, **ERRORS},
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

            def job(queued_sec: float, on_progress: Progress) -> Rendered:
                with closing(resources.recording(form.audio, form.max_audio_sec)) as sound:
                    retimed = retime(
                        shortlist,
                        sound,
                        form.subtitles,
                        tier=form.tier,
                        linger_sec=form.linger_sec,
                        with_characters=form.rendering.with_characters,
                        on_progress=on_progress,
                    )
                answer = retime_answer(retimed, {"queue": queued_sec})
                resources.metrics.observe(TASK, answer.model, answer.duration_sec, answer.timings)
                return form.rendering.rendered(
                    lambda: document_of(retimed.answer.result, form.rendering.stem),
                    {
                        FILE: lambda: corrected_file(retimed),
                        ANSWER: lambda: Part(answer.model_dump_json().encode(), JSON),
                    },
                )

            rendered = await run_for_client(request, resources.pool, job)
    return rendered.response()
