"""POST /retime."""

from contextlib import AsyncExitStack

from fastapi import APIRouter, Request, Response

from service.formats.document import document_of
from service.formats.table import JSON
from service.serving.retiming import retime
from service.web.answers.rendering import ANSWER, Part, Rendered
from service.web.answers.retime import RetimeAnswer, corrected_file, retime_answer
from service.web.asked import Hearing, ask
from service.web.described.errors import ERRORS
from service.web.described.speech import RETIME_BODY, RETIMED
from service.web.forms.retime import FILE, retime_form
from service.web.resources import ResourcesDep

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
    reading = retime_form(
        request, max_bytes=settings.max_upload_bytes, max_audio_sec=settings.max_audio_sec
    )
    async with AsyncExitStack() as owned:
        asked = await ask(owned, request, resources, TASK, reading)
        form = asked.form

        def work(hearing: Hearing) -> Rendered:
            retimed = retime(
                asked.shortlist,
                hearing.sound,
                form.subtitles,
                tier=form.tier,
                linger_sec=form.linger_sec,
                with_characters=form.rendering.with_characters,
                on_progress=hearing.on_progress,
            )
            answer = retime_answer(retimed, hearing.before)
            hearing.answered(answer.model, answer.duration_sec, answer.timings)
            return form.rendering.rendered(
                lambda: document_of(retimed.answer.result, form.rendering.stem),
                {
                    FILE: lambda: corrected_file(retimed),
                    ANSWER: lambda: Part(answer.model_dump_json().encode(), JSON),
                },
            )

        rendered = await asked.answer(work)
    return rendered.response()
