"""POST /v1/audio/transcriptions and GET /v1/models: OpenAI's API."""

from contextlib import AsyncExitStack, closing
from functools import partial

from fastapi import APIRouter, Request, Response

from service.chunking import Progress
from service.dictation import OnText
from service.errors import UnsupportedTask
from service.serving import dispatch
from service.serving.catalogue import Shortlist
from service.serving.dispatch import Answer
from service.spans import Transcript
from service.web.answers.served import timings_of
from service.web.counting import counted
from service.web.described.errors import ERRORS
from service.web.events.stream import Send, streamed
from service.web.openai.answers import Content, Transcription, content_of, ignored_header
from service.web.openai.description import (
    ANSWERS,
    MODEL_ERRORS,
    REFUSED,
    TRANSCRIPTION_BODY,
)
from service.web.openai.form import TranscriptionForm, transcription_form
from service.web.openai.models import ModelList, ModelObject, model_object
from service.web.openai.stream import DONE, delta_event, done_event
from service.web.resources import Resources, ResourcesDep, run_for_client

router = APIRouter(prefix="/v1", tags=["OpenAI"])

TASK = "transcribe"


@router.post(
    "/audio/transcriptions",
    response_model=Transcription,
    responses={200: ANSWERS, **ERRORS},
    summary="Speech to text, as OpenAI's clients ask for it",
    openapi_extra=TRANSCRIPTION_BODY,
)
async def transcriptions(request: Request, resources: ResourcesDep) -> Response:
    """A name of one of OpenAI's models leaves the choice of the model to the server, as no name
    does; the answer tells which one it was. A field that has no effect, such as `prompt`, is named
    in the header `Kolvani-Ignored`, and in `warnings`. Any `Authorization: Bearer` is accepted.
    """
    async with AsyncExitStack() as owned:
        owned.enter_context(counted(resources.metrics, TASK))
        catalogue = resources.open_catalogue()
        form = await owned.enter_async_context(
            transcription_form(request, max_bytes=resources.settings.max_upload_bytes)
        )
        shortlist = catalogue.shortlist(form.model_in(catalogue), form.language)
        transcribe = partial(_transcribe, resources, shortlist, form)

        def tell(queued_sec: float, on_progress: Progress, send: Send) -> None:
            def on_text(delta: str) -> None:
                send(delta_event(delta))

            send(done_event(transcribe(queued_sec, on_progress, on_text), form) + DONE)

        def write(queued_sec: float, on_progress: Progress) -> Content:
            return content_of(transcribe(queued_sec, on_progress), form)

        if form.stream:
            headers = ignored_header(form)
            return await streamed(request, resources.pool, owned.pop_all(), tell, headers)
        content = await run_for_client(request, resources.pool, write)
        return Response(content.body, headers=content.headers)


def _transcribe(
    resources: Resources,
    shortlist: Shortlist,
    form: TranscriptionForm,
    queued_sec: float,
    on_progress: Progress,
    on_text: OnText | None = None,
) -> Answer[Transcript]:
    """For a thread of the pool."""
    limit_sec = resources.settings.max_audio_sec
    with closing(resources.recording(form.audio, limit_sec)) as sound:
        answer = dispatch.transcribe(
            shortlist,
            sound,
            on_progress=on_progress,
            on_text=on_text,
            skipping=form.skipping,
        )
    result, timings = answer.result, timings_of(answer, {"queue": queued_sec})
    resources.metrics.observe(TASK, result.model, result.duration_sec, timings)
    return answer


@router.post("/audio/translations", responses=REFUSED, summary="Refused: no model here translates")
async def translations() -> Response:
    raise UnsupportedTask(
        "expected a task that the models here are made for, got a translation: use "
        "/v1/audio/transcriptions for the text in the language that is spoken",
    )


@router.get("/models", summary="The models, as OpenAI's clients list them", responses=MODEL_ERRORS)
async def models(resources: ResourcesDep) -> ModelList:
    return ModelList(data=[model_object(item) for item in resources.open_catalogue().serving])


@router.get("/models/{model}", summary="One of them", responses=MODEL_ERRORS)
async def one_model(model: str, resources: ResourcesDep) -> ModelObject:
    return model_object(resources.open_catalogue().find(model))
