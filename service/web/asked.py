"""What all requests with a recording have in common: the gates, the form, the pool, the end.

headers -> a place -> form -> models -> seconds of audio -> pool -> work on the sound -> answer
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final, Generic, Protocol, TypeVar

from fastapi import Request, Response

from service.admission.admitted import Admitted
from service.chunking import Progress
from service.errors import InvalidField
from service.monitoring.metrics import MODEL_RAN
from service.serving.catalogue import Catalogue, Shortlist
from service.serving.recording import Recording
from service.web.counting import counted
from service.web.events.stream import Send, event_stream
from service.web.guards.heads import TIMEOUT_HEADER
from service.web.resources import Resources, run_for_client

CLIENT: Final = "client"  # in the request's state: the name of the key that it came with
Result = TypeVar("Result")


class SoundForm(Protocol):
    """What every form has."""

    @property
    def audio(self) -> BinaryIO:
        """The recording."""

    @property
    def model(self) -> str | None:
        """By its id."""

    @property
    def language(self) -> str | None:
        """By its code."""

    @property
    def max_audio_sec(self) -> float:
        """The longest that is taken."""


Form = TypeVar("Form", bound=SoundForm)


@dataclass(frozen=True)
class Hearing:
    """What work on a recording is given, in a thread of the pool."""

    task: str
    resources: Resources
    admitted: Admitted
    sound: Recording
    on_progress: Progress

    @property
    def before(self) -> Mapping[str, float]:
        """Seconds of the stages before the model's own: the wait for a core, so far."""
        return {"queue": self.admitted.waited_sec}

    def answered(self, model: str, audio_sec: float, timings: Mapping[str, float]) -> None:
        """Count it. timings: seconds by stage."""
        resources = self.resources
        resources.metrics.observe(self.task, model, audio_sec, timings)
        if MODEL_RAN in timings:
            resources.pool.gates.heard(self.admitted, model, audio_sec)


@dataclass(frozen=True)
class Asked(Generic[Form]):
    """A request that has passed both gates, and its form."""

    request: Request
    resources: Resources
    task: str
    form: Form
    shortlist: Shortlist
    admitted: Admitted

    async def answer(self, work: Callable[[Hearing], Result]) -> Result:
        """What `work` makes of the recording. Raises what `run_for_client` does."""
        return await run_for_client(
            self.request, self.resources.pool, lambda tell: self._hear(work, tell), self.admitted
        )

    async def stream(
        self,
        owned: AsyncExitStack,
        work: Callable[[Hearing, Send], bytes],
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The events that `work` sends, and the last one, which it returns; owned: what is closed
        before that one is sent, so that the client's next request finds a place.
        """

        async def produce(send: Send) -> None:
            async with owned:
                last = await self.answer(lambda hearing: work(hearing, send))
            send(last)

        return await event_stream(produce, headers=headers)

    def _hear(self, work: Callable[[Hearing], Result], on_progress: Progress) -> Result:
        form, resources, gates = self.form, self.resources, self.resources.pool.gates

        def on_seconds(audio_sec: float) -> None:
            self.admitted.check(gates.clock())
            gates.correct(self.admitted, audio_sec)

        with closing(resources.recording(form.audio, form.max_audio_sec, on_seconds)) as sound:
            return work(Hearing(self.task, resources, self.admitted, sound, on_progress))


def _its_model(form: SoundForm, _: Catalogue) -> str | None:
    return form.model


async def ask(
    owned: AsyncExitStack,
    request: Request,
    resources: Resources,
    task: str,
    reading: AbstractAsyncContextManager[Form],
    model_of: Callable[[Form, Catalogue], str | None] = _its_model,
) -> Asked[Form]:
    """Let a request in and read its form; what it holds is in `owned`, until that is closed.

    Raises NotReady, Stopping, Overloaded, DeadlineExceeded, InvalidField, and what reading the form
    and finding the model raise.
    """
    owned.enter_context(counted(resources.metrics, task))
    catalogue = resources.open_catalogue()
    gates = resources.pool.gates
    client = str(request.scope.get("state", {}).get(CLIENT) or "")
    timeout_sec = timeout_of(request, resources.settings.request_timeout_sec)
    admitted = owned.enter_context(gates.place(client, timeout_sec))
    async with _arriving(admitted, gates.clock):
        form = await owned.enter_async_context(reading)
    shortlist = catalogue.shortlist(model_of(form, catalogue), form.language)
    models = [model.manifest.id for model in shortlist.models]
    audio_sec = await resources.duration_sec(form.audio, form.max_audio_sec)
    gates.weigh(admitted, models, audio_sec)
    return Asked(request, resources, task, form, shortlist, admitted)


def timeout_of(request: Request, ceiling_sec: float) -> float | None:
    """How long the request may take, in seconds; None: as long as it does. ceiling_sec: the
    server's, 0: none. Raises InvalidField.
    """
    ceiling = ceiling_sec or math.inf
    text = request.headers.get(TIMEOUT_HEADER)
    if text is None:
        return ceiling_sec or None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise InvalidField(
            f"expected a number of seconds above 0 in the header {TIMEOUT_HEADER}, got {text!r}",
            param=TIMEOUT_HEADER,
        )
    return min(seconds, ceiling)


@asynccontextmanager
async def _arriving(admitted: Admitted, clock: Callable[[], float]) -> AsyncIterator[None]:
    """Within, a body is read, until the request is halted or its time is over."""
    loop = asyncio.get_running_loop()
    when = None
    if admitted.deadline is not None:
        when = loop.time() + max(0.0, admitted.deadline - clock())
    try:
        async with asyncio.timeout_at(when) as limit:
            admitted.on_halt = partial(_call_soon, loop, partial(_end_now, limit, loop))
            yield
    except TimeoutError:
        raise admitted.cause or admitted.late(clock()) from None
    finally:
        admitted.on_halt = None


def _call_soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    loop.call_soon_threadsafe(call)


def _end_now(limit: asyncio.Timeout, loop: asyncio.AbstractEventLoop) -> None:
    with contextlib.suppress(RuntimeError):  # the body is read
        limit.reschedule(loop.time())
