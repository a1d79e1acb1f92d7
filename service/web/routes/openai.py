"""POST /v1/audio/transcriptions and GET /v1/models: OpenAI's API."""

from contextlib import AsyncExitStack

from fastapi import APIRouter, Request, Response

from service.dictation import OnText
from service.errors import UnsupportedTask
from service.serving import dispatch
from service.serving.dispatch import Answer
from service.spans import Transcript
from service.web.answers.served import timings_of
from service.web.asked import Asked, Hearing, ask
from service.web.described.errors import ERRORS
from service.web.events.stream import Send
from service.web.openai.answers import Transcription, content_of, ignored_header
from service.web.openai.description import (
    ANSWERS,
    MODEL_ERRORS,
    REFUSED,
    TRANSCRIPTION_BODY,
)
from service.web.openai.form import TranscriptionForm, transcription_form
from service.web.openai.models import ModelList, ModelObject, model_object
from service.web.openai.stream import DONE, delta_event, done_event
from service.web.resources import ResourcesDep

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
    in the header `Kolvani-Ignored`, and in `warnings`. Any `Authorization: Bearer` is
    accepted, unless this server asks for keys.
    """
    settings = resources.settings
    reading = transcription_form(
        request, max_bytes=settings.max_upload_bytes, max_audio_sec=settings.max_audio_sec
    )
    async with AsyncExitStack() as owned:
        asked = await ask(owned, request, resources, TASK, reading, TranscriptionForm.model_in)
        form = asked.form

        def tell(hearing: Hearing, send: Send) -> bytes:
            def on_text(delta: str) -> None:
                send(delta_event(delta))

            return done_event(_transcribed(asked, hearing, on_text), form) + DONE

        if form.stream:
            return await asked.stream(owned.pop_all(), tell, ignored_header(form))
        content = await asked.answer(lambda hearing: content_of(_transcribed(asked, hearing), form))
        return Response(content.body, headers=content.headers)


def _transcribed(
    asked: Asked[TranscriptionForm], hearing: Hearing, on_text: OnText | None = None
) -> Answer[Transcript]:
    """For a thread of the pool."""
    answer = dispatch.transcribe(
        asked.shortlist,
        hearing.sound,
        on_progress=hearing.on_progress,
        on_text=on_text,
        skipping=asked.form.skipping,
    )
    result, timings = answer.result, timings_of(answer, hearing.before)
    hearing.answered(result.model, result.duration_sec, timings)
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
