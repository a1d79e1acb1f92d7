"""What the lifespan owns and the routes use."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, BinaryIO, Final, TypeVar

from fastapi import Depends, Request

from service.access.door import Door
from service.admission.admitted import Admitted
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
USUAL_BYTES_PER_SEC: Final = 16_000  # of a file that tells no length: compressed, 128 kbit/s


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
    door: Door
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

    async def duration_sec(self, audio: BinaryIO, max_audio_sec: float) -> float:
        """About how long an uploaded file is, by its header; max_audio_sec: the most that will be
        decoded of it. Raises what `Decoders.duration_sec` does.
        """
        claimed_sec = await asyncio.to_thread(self.decoders.duration_sec, audio)
        if claimed_sec is None:
            claimed_sec = audio.seek(0, os.SEEK_END) / USUAL_BYTES_PER_SEC
        return min(claimed_sec, max_audio_sec)

    def recording(
        self,
        audio: BinaryIO,
        max_audio_sec: float,
        on_seconds: Callable[[float], None] | None = None,
    ) -> Recording:
        """An uploaded file's sound, with what was heard in it before; the caller closes it.

        on_seconds: as `Decoders.decode` has it.
        """

        def content_id() -> str:
            digest = hashlib.sha256()
            audio.seek(0)
            while block := audio.read(BLOCK_BYTES):
                digest.update(block)
            return digest.hexdigest()

        keeping = Keeping(self.emissions, content_id, max_audio_sec)
        return Recording(
            lambda rate: self.decoders.decode(audio, rate, max_audio_sec, on_seconds), keeping
        )


class ClientGone(Exception):
    """The client closed the connection before its answer was ready."""


def _resources(request: Request) -> Resources:
    resources = request.app.state.resources
    if not isinstance(resources, Resources):
        raise TypeError(f"expected Resources, got {type(resources).__name__}")
    return resources


ResourcesDep = Annotated[Resources, Depends(_resources)]


ClientJob = Callable[[Progress], Result]  # gets what it tells of its progress


async def run_for_client(
    request: Request, pool: Pool, job: ClientJob[Result], admitted: Admitted
) -> Result:
    """Run a job in the pool. If the client goes away, one that waits is dropped, and one that runs
    is stopped when it next tells of its progress. Raises ClientGone, DeadlineExceeded, Stopping.
    """

    def on_progress(done_sec: float) -> None:
        if done_sec:
            pool.breathe(admitted)
        else:  # a stage before the model's: its seconds would count those of others
            admitted.check(pool.gates.clock())

    running = asyncio.create_task(pool.run(lambda _: job(on_progress), admitted))
    leaving = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise ClientGone
        return running.result()
    finally:
        leaving.cancel()
        running.cancel()
        await asyncio.gather(running, leaving, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
