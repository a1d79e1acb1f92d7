"""What the lifespan owns and the routes use."""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, BinaryIO, Final, TypeVar

from fastapi import Depends, Request

from service.chunking import Progress
from service.decoding.decoders import Decoders
from service.errors import NotReady
from service.monitoring.metrics import Metrics
from service.ops.pool import Pool
from service.ops.settings import Settings
from service.serving.catalogue import Catalogue
from service.serving.emission_cache import EmissionCache
from service.serving.recording import Keeping, Recording
from service.web.page.clips import Clip, find_clips

Result = TypeVar("Result")

BLOCK_BYTES: Final = 1 << 20


@dataclass
class Resources:
    """Made at start, closed at the end; `catalogue` is None until models can be asked."""

    settings: Settings
    pool: Pool
    metrics: Metrics
    decoders: Decoders
    usable_cpus: int
    intra_op_threads: int
    emissions: EmissionCache
    catalogue: Catalogue | None = None
    load_error: str | None = None
    clips: Mapping[str, Clip] = field(default_factory=find_clips)

    def count_served(self) -> int:
        """How many models can be asked."""
        return len(self.catalogue.serving) if self.catalogue else 0

    def count_broken(self) -> int:
        """How many cannot."""
        return len(self.catalogue.broken) if self.catalogue else 0

    def open_catalogue(self) -> Catalogue:
        """The models. Raises NotReady while they load, and with the reason if they never will."""
        if self.catalogue is not None:
            return self.catalogue
        if self.load_error is not None:
            raise NotReady(self.load_error)
        raise NotReady("expected a warm model, got one that is still loading", retry_after_sec=1)

    def recording(self, audio: BinaryIO, max_audio_sec: float) -> Recording:
        """An uploaded file's sound, with what was heard in it before; the caller closes it."""

        def content_id() -> str:
            digest = hashlib.sha256()
            audio.seek(0)
            while block := audio.read(BLOCK_BYTES):
                digest.update(block)
            return digest.hexdigest()

        keeping = Keeping(self.emissions, content_id, max_audio_sec)
        return Recording(lambda rate: self.decoders.decode(audio, rate, max_audio_sec), keeping)


class ClientGone(Exception):
    """The client closed the connection before its answer was ready."""


def _resources(request: Request) -> Resources:
    resources = request.app.state.resources
    if not isinstance(resources, Resources):
        raise TypeError(f"expected Resources, got {type(resources).__name__}")
    return resources


ResourcesDep = Annotated[Resources, Depends(_resources)]


ClientJob = Callable[[float, Progress], Result]  # also gets what tells it that nobody waits


async def run_for_client(request: Request, pool: Pool, job: ClientJob[Result]) -> Result:
    """Run a job in the pool. If the client goes away, one that waits is dropped, and one that runs
    is stopped when it next tells of its progress. Raises ClientGone, Overloaded.
    """
    gone = threading.Event()

    def stop_if_gone(_: float) -> None:
        if gone.is_set():
            raise ClientGone

    running = asyncio.create_task(pool.run(lambda queued_sec: job(queued_sec, stop_if_gone)))
    leaving = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise ClientGone
        return running.result()
    finally:
        gone.set()
        leaving.cancel()
        running.cancel()
        await asyncio.gather(running, leaving, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
