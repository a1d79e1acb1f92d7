"""The bounded pool: the only bridge between the event loop and the threads that compute."""

import asyncio
import contextvars
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from service.errors import Overloaded
from service.ops.cores import Cores
from service.ops.memory import within_memory

Result = TypeVar("Result")

SMOOTHING: Final = 0.1  # weight of the newest job in the running mean of durations
FIRST_GUESS_SEC: Final = 1.0


def _tell_nobody(_: float) -> None:
    """Nobody wants to know."""


Job = Callable[[float], Result]  # gets the seconds that it waited for a thread


class Pool:
    """`workers` threads and at most `max_queue` jobs that wait for one.

    on_begin: gets the seconds that a job has waited, when it begins. cores: each job holds one of
    these while it runs, and waits for it where another has borrowed all.
    """

    def __init__(
        self,
        workers: int,
        max_queue: int,
        on_begin: Callable[[float], None] = _tell_nobody,
        cores: Cores | None = None,
    ) -> None:
        self.workers = workers
        self.max_queue = max_queue
        self._on_begin = on_begin
        self._cores = cores or Cores(workers)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="inference")
        self._lock = threading.Lock()
        self._admitted = 0
        self._mean_sec = FIRST_GUESS_SEC

    @property
    def admitted(self) -> int:
        """Jobs that run or wait."""
        return self._admitted

    @property
    def running(self) -> int:
        """Jobs that run."""
        return min(self._admitted, self.workers)

    @property
    def waiting(self) -> int:
        """Jobs that wait."""
        return max(0, self._admitted - self.workers)

    async def run(self, job: Job[Result]) -> Result:
        """Run `job` in a thread. Raises Overloaded at once when the queue is full.

        A cancelled job that has not begun is dropped; one that has begun is waited for, because it
        still holds what the caller gave it (an open upload). The job finds the caller's context.
        """
        self._admit()
        arrived = time.perf_counter()
        timed = self._cores.holding(self._timed)
        future = self._threads.submit(contextvars.copy_context().run, timed, job, arrived)
        future.add_done_callback(self._leave)
        waiting = asyncio.wrap_future(future)
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            if not future.cancel():
                await asyncio.wait([waiting])
                waiting.exception()  # nobody is left to be told
            raise

    def close(self) -> None:
        """Drop what waits, and wait for what runs."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _admit(self) -> None:
        with self._lock:
            if self._admitted >= self.workers + self.max_queue:
                retry_after = max(1, math.ceil(self._mean_sec * self._admitted / self.workers))
                raise Overloaded(
                    f"expected room in the queue of {self.max_queue}, got none: try again in "
                    f"{retry_after} s",
                    retry_after_sec=retry_after,
                    max_queue=self.max_queue,
                )
            self._admitted += 1

    def _leave(self, _: Future[Result]) -> None:
        with self._lock:
            self._admitted -= 1

    def _timed(self, job: Job[Result], arrived: float) -> Result:
        began = time.perf_counter()
        self._on_begin(began - arrived)
        try:
            with within_memory():
                return job(began - arrived)
        finally:
            took = time.perf_counter() - began
            with self._lock:
                self._mean_sec += SMOOTHING * (took - self._mean_sec)
