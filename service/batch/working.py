"""Tasks in threads: a few at a time, and their outcomes as they come.

One model is shared by all threads, which hear one recording each. What waits is bounded, so that a
corpus of any size takes no more memory than a few recordings do.
"""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final

from service.batch.task import Outcome, Task, Work

AHEAD: Final = 2  # tasks for each thread, begun or waiting
LOOK_SEC: Final = 0.5  # between two looks at how far they are

Ended = tuple[Task, Outcome | Exception]


class Stopped(Exception):
    """The run is over: nobody waits for this recording."""


class Workers:
    """`jobs` threads. Whoever makes them closes them: what runs is stopped, and waited for."""

    def __init__(self, work: Work, jobs: int) -> None:
        self._work = work
        self._most = AHEAD * jobs
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="recording")
        self._running: dict[Future[Outcome], Task] = {}
        self._shares: dict[Task, float] = {}  # of each recording that is being heard
        self._stop = threading.Event()

    @property
    def begun(self) -> float:
        """How much of the recordings that are not done has been heard, in recordings."""
        return sum(list(self._shares.values()))

    def ended(self, tasks: Iterable[Task]) -> Iterator[Ended | None]:
        """Each with its outcome, or with what went wrong, in the order in which they end; None
        from time to time while nothing does.
        """
        for task in tasks:
            self._running[self._pool.submit(self._do, task)] = task
            while len(self._running) >= self._most:
                yield from self._next()
        while self._running:
            yield from self._next()

    def close(self) -> None:
        """Drop what waits, and wait for what runs to notice."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _next(self) -> Iterator[Ended | None]:
        ended, _ = wait(self._running, LOOK_SEC, FIRST_COMPLETED)
        for future in [one for one in self._running if one in ended]:  # in the order of the tasks
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            yield self._running.pop(future), future.result() if error is None else error
        if not ended:
            yield None

    def _do(self, task: Task) -> Outcome:
        def tell(done_sec: float, total_sec: float) -> None:
            if self._stop.is_set():
                raise Stopped
            self._shares[task] = min(1.0, done_sec / total_sec) if total_sec else 0.0

        try:
            return self._work(task, tell)
        finally:
            self._shares.pop(task, None)
