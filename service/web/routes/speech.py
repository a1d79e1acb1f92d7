"""POST /transcribe and POST /align."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from service.chunking import Progress
from service.formats.document import document_of
from service.formats.table import JSON
from service.serving import dispatch
from service.serving.catalogue import Shortlist
from service.serving.dispatch import Answer
from service.serving.recording import Recording
from service.spans import Alignment, Transcript
from service.web.answers.rendering import ANSWER, Part, Rendered
from service.web.answers.speech import (
    AlignAnswer,
    TranscribeAnswer,
    align_answer,
    transcribe_answer,
)
from service.web.counting import counted
from service.web.described.errors import ERRORS
from service.web.described.speech import ALIGN_BODY, ANSWERED, TRANSCRIBE_BODY
from service.web.events.progress import reporting, result_event
from service.web.events.stream import Send, streamed
from service.web.forms.speech import SpeechForm, speech_form
from service.web.resources import Resources, ResourcesDep, run_for_client

router = APIRouter(tags=["speech"])

Stages = Mapping[str, float]  # seconds by stage
Told = tuple[Answer[Transcript] | Answer[Alignment], TranscribeAnswer | AlignAnswer]
Work = Callable[[Shortlist, Recording, SpeechForm, Stages, Progress], Told]


@router.post(
    "/transcribe",
    response_model=TranscribeAnswer,
    responses={200: ANSWERED, **ERRORS},
    summary="Speech to text, with a time for every word",
    openapi_extra=TRANSCRIBE_BODY,
)
async def transcribe(request: Request, resources: ResourcesDep) -> Response:
    def work(
        shortlist: Shortlist,
        recording: Recording,
        form: SpeechForm,
        before: Stages,
        on_progress: Progress,
    ) -> Told:
        answer = dispatch.transcribe(
            shortlist, recording, on_progress=on_progress, skipping=form.skipping
        )
        return answer, transcribe_answer(answer, before)

    return await _serve(request, resources, "transcribe", work)


@router.post(
    "/align",
    response_model=AlignAnswer,
    responses={200: ANSWERED, **ERRORS},
    summary="A time and a score for every word of a given text",
    openapi_extra=ALIGN_BODY,
)
async def align(request: Request, resources: ResourcesDep) -> Response:
    def work(
        shortlist: Shortlist,
        recording: Recording,
        form: SpeechForm,
        before: Stages,
        on_progress: Progress,
    ) -> Told:
        answer = dispatch.align(
            shortlist, recording, form.transcript, form.options, on_progress=on_progress
        )
        return answer, align_answer(answer, before)

    return await _serve(request, resources, "align", work)


@dataclass(frozen=True)
class _Asked:
    """A request whose form has been read; for a thread of the pool."""

    resources: Resources
    task: str
    work: Work
    form: SpeechForm
    shortlist: Shortlist

    def answer(
        self, queued_sec: float, on_progress: Progress, send: Send | None = None
    ) -> Rendered:
        """The answer's bytes; `send` gets the events on the way."""
        form, resources = self.form, self.resources
        with closing(resources.recording(form.audio, form.max_audio_sec)) as sound:
            if send is not None:
                on_progress = reporting(on_progress, send, sound)
            before = {"queue": queued_sec}
            answer, told = self.work(self.shortlist, sound, form, before, on_progress)
        resources.metrics.observe(self.task, told.model, told.duration_sec, told.timings)
        return form.rendering.rendered(
            lambda: document_of(answer.result, form.rendering.stem),
            {ANSWER: lambda: Part(told.model_dump_json().encode(), JSON)},
        )

    def tell(self, queued_sec: float, on_progress: Progress, send: Send) -> None:
        """The same in events."""
        send(result_event(self.answer(queued_sec, on_progress, send).part.content))


async def _serve(request: Request, resources: Resources, task: str, work: Work) -> Response:
    """Read the form, work in the pool up to the answer's bytes, count."""
    settings = resources.settings
    async with AsyncExitStack() as owned:
        owned.enter_context(counted(resources.metrics, task))
        catalogue = resources.open_catalogue()
        form = await owned.enter_async_context(
            speech_form(
                request,
                max_bytes=settings.max_upload_bytes,
                max_audio_sec=settings.max_audio_sec,
                with_transcript=task == "align",
            )
        )
        shortlist = catalogue.shortlist(form.model, form.language)
        asked = _Asked(resources, task, work, form, shortlist)
        if form.stream:
            return await streamed(request, resources.pool, owned.pop_all(), asked.tell)
        rendered = await run_for_client(request, resources.pool, asked.answer)
        return rendered.response()
