"""What the lifespan owns and the routes use."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from service.errors import NotReady
from service.ops.metrics import Metrics
from service.ops.pool import Job, Pool
from service.ops.settings import Settings
from service.serving.catalogue import Catalogue

Result = TypeVar("Result")


@dataclass
class Resources:
    """Made at start, closed at the end; `catalogue` is None until models can be asked."""

    settings: Settings
    pool: Pool
    metrics: Metrics
    usable_cpus: int
    intra_op_threads: int
    catalogue: Catalogue | None = None
    load_error: str | None = None

    def open_catalogue(self) -> Catalogue:
        """The models. Raises NotReady while they load, and with the reason if they never will."""
        if self.catalogue is not None:
            return self.catalogue
        if self.load_error is not None:
            raise NotReady(self.load_error)
        raise NotReady("expected a warm model, got one that is still loading", retry_after_sec=1)


class ClientGone(Exception):
    """The client closed the connection before its answer was ready."""


def _resources(request: Request) -> Resources:
    resources = request.app.state.resources
    if not isinstance(resources, Resources):
        raise TypeError(f"expected Resources, got {type(resources).__name__}")
    return resources


ResourcesDep = Annotated[Resources, Depends(_resources)]


async def run_for_client(request: Request, pool: Pool, job: Job[Result]) -> Result:
    """Run a job in the pool; drop it if the client goes away. Raises ClientGone, Overloaded."""
    running = asyncio.create_task(pool.run(job))
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
