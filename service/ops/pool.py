"""The pool: the only bridge between the event loop and the threads that compute.

A job has one of the cores while it works. Between two windows a long one lets others go first where
it is their turn; its thread waits then, and its core is theirs.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from service.admission.admitted import Admitted
from service.admission.gates import Gates
from service.admission.turns import BEGUN_PER_WORKER, Turn, Turns
from service.ops.cores import Core, Cores
from service.ops.memory import within_memory
from service.stages import put_aside

Result = TypeVar("Result")

LEAST_TURN_SEC: Final = 0.02  # more often nobody is let go first


def _tell_nobody(_: float) -> None:
    """Nobody wants to know."""


Job = Callable[[float], Result]  # gets the seconds that it waited for a thread


class Dropped(Exception):
    """Nobody waits for it any more."""


@dataclass(eq=False)
class _Work:
    """A job, from its place in the order to its end."""

    job: Job[Any]
    admitted: Admitted
    core: Core
    future: Future[Any] = field(default_factory=Future)
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    turned: threading.Event = field(default_factory=threading.Event)
    begun: bool = False
    waiting: bool = True
    took_at: float = 0.0  # its core, for the turn that it has
    counted_at: float = 0.0

    def count(self, now: float) -> None:
        """It has worked until now."""
        self.admitted.worked_sec += now - self.counted_at
        self.counted_at = now


class Pool:
    """`workers` jobs at a time, and at most `max_queue` that wait.

    on_begin: gets the seconds that a job has waited, when it begins. cores: each job holds one of
    these while it runs, and waits for it where another has borrowed all. gates: who lets jobs in;
    those of a pool of its own count them. most_audio_sec: as Turns have it.
    """

    def __init__(
        self,
        workers: int,
        max_queue: int,
        on_begin: Callable[[float], None] = _tell_nobody,
        cores: Cores | None = None,
        gates: Gates | None = None,
        most_audio_sec: float = float("inf"),
        least_turn_sec: float = LEAST_TURN_SEC,
    ) -> None:
        self.workers = workers
        self.max_queue = max_queue
        self.gates = gates or Gates(workers, max_queue)
        self._on_begin = on_begin
        self._cores = cores or Cores(workers)
        # A long job that was put aside keeps its thread.
        most = workers + BEGUN_PER_WORKER * workers
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="inference")
        self._lock = threading.RLock()
        self._turns = Turns(workers, most_audio_sec)
        self._works: dict[Turn, _Work] = {}
        self._free = workers
        self._least_turn_sec = least_turn_sec

    @property
    def admitted(self) -> int:
        """Jobs that run or wait, and requests whose body is still coming."""
        return self.gates.taken

    @property
    def running(self) -> int:
        """Jobs that run."""
        return self.workers - self._free

    @property
    def waiting(self) -> int:
        """Jobs that wait for a core, those included that were put aside."""
        return max(0, len(self._works) - self.running)

    @property
    def aside(self) -> int:
        """Jobs that have begun, and wait for others."""
        with self._lock:
            return sum(work.begun and work.waiting for work in self._works.values())

    async def run(self, job: Job[Result], admitted: Admitted | None = None) -> Result:
        """Run `job` in a thread. admitted: its place; without one it takes one, and raises
        Overloaded at once when the queue is full.

        Raises DeadlineExceeded when its time is over before it begins. A cancelled job that has not
        begun is dropped; one that has begun is waited for, because it still holds what the caller
        gave it (an open upload). The job finds the caller's context.
        """
        if admitted is None:
            with self.gates.place() as own:
                return await self._run(job, own)
        return await self._run(job, admitted)

    async def _run(self, job: Job[Result], admitted: Admitted) -> Result:
        work = _Work(job, admitted, self._cores.core())
        admitted.stage = "queue"
        turn, now = admitted.turn, self.gates.clock()
        admitted.check(now)
        turn.client, turn.audio_sec = admitted.client, admitted.audio_sec
        turn.work_sec = admitted.work_sec or 0.0
        work.took_at = now
        admitted.on_halt = lambda: self._halted(work)
        with self._lock:
            self._works[turn] = work
            self._turns.add(turn)
            self._hand_out()
        waiting: asyncio.Future[Result] = asyncio.wrap_future(work.future)
        alarm = self._alarm(admitted, now)
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            admitted.halt(Dropped())
            await asyncio.wait([waiting])
            waiting.exception()  # nobody is left to be told
            raise
        finally:
            if alarm is not None:
                alarm.cancel()

    def breathe(self, admitted: Admitted) -> None:
        """Called by a job in its thread, often: raises what ends it, and waits while others go
        first.
        """
        work, now = self._works[admitted.turn], self.gates.clock()
        work.count(now)
        admitted.check(now)
        if not admitted.turn.long or now - work.took_at < self._least_turn_sec:
            return
        with self._lock:
            if admitted.cause is not None:  # it would wait with nobody to wake it
                raise admitted.cause
            held_sec = self._let_go(work, now)
            if self._turns.goes_on(admitted.turn, held_sec):
                return
            work.waiting = True
            work.turned.clear()
            self._free += 1
            self._hand_out()
        work.core.give()
        work.turned.wait()
        if work.waiting:  # halted
            raise admitted.cause or Dropped
        work.core.take()
        again = self.gates.clock()
        work.took_at = work.counted_at = again
        admitted.waited_sec += again - now
        put_aside(again - now)

    def close(self) -> None:
        """Drop what waits, and wait for what runs."""
        with self._lock:
            waiting = [work.admitted for work in self._works.values() if work.waiting]
        for admitted in waiting:
            admitted.halt(Dropped())
        self._threads.shutdown(wait=True)

    def _alarm(self, admitted: Admitted, now: float) -> asyncio.TimerHandle | None:
        """Ends what waits when its time is over; what runs sees that for itself."""
        if admitted.deadline is None:
            return None

        def ring() -> None:
            work = self._works.get(admitted.turn)
            if work is not None and work.waiting:
                admitted.halt(admitted.late(self.gates.clock()))

        loop = asyncio.get_running_loop()
        return loop.call_later(max(0.0, admitted.deadline - now), ring)

    def _hand_out(self, *, here: bool = False) -> "_Work | None":
        """Give free cores to those whose turn it is. here: what is to begin may do so in the
        caller's thread, which gets the first of them. Under the lock.
        """
        following = None
        while self._free and (turn := self._turns.take()) is not None:
            work = self._works[turn]
            self._free -= 1
            work.waiting = False
            if work.begun:
                work.turned.set()
                continue
            work.begun = True
            if here and following is None:
                following = work
            else:
                self._threads.submit(self._work, work)
        return following

    def _halted(self, work: _Work) -> None:
        """What waits is let go; what runs will see. Called once, by any thread."""
        with self._lock:
            turn = work.admitted.turn
            if not work.waiting or turn not in self._works:
                return
            self._turns.drop(turn)
            if work.begun:
                work.turned.set()
                return
            del self._works[turn]
        work.future.set_exception(work.admitted.cause or Dropped())

    def _work(self, work: _Work) -> None:
        """In a thread: this one, and those that follow it on the same core."""
        following: _Work | None = work
        while following is not None:
            following = self._worked(following)

    def _worked(self, work: _Work) -> "_Work | None":
        """All of one; what this thread is to do next."""
        admitted, clock = work.admitted, self.gates.clock
        queued_at = work.took_at
        work.core.take()
        work.took_at = work.counted_at = clock()
        try:
            admitted.check(work.took_at)
            admitted.stage = "work"
            admitted.waited_sec = work.took_at - queued_at
            self._on_begin(admitted.waited_sec)
            with within_memory():
                result = work.context.run(work.job, admitted.waited_sec)
        except BaseException as error:  # noqa: BLE001  # whatever it is, the caller gets it
            following = self._end(work)
            work.future.set_exception(error)
        else:
            following = self._end(work)
            work.future.set_result(result)
        return following

    def _end(self, work: _Work) -> "_Work | None":
        with self._lock:
            turn = work.admitted.turn
            del self._works[turn]
            following = None
            if not work.waiting:
                self._turns.done(turn, self._let_go(work, self.gates.clock()))
                self._free += 1
                following = self._hand_out(here=True)
        if following is not None:
            following.core = work.core  # it changes hands: nobody borrows it in between
        else:
            work.core.give()
        return following

    def _let_go(self, work: _Work, now: float) -> float:
        """Seconds for which it held its core since it was last asked."""
        work.count(now)
        held_sec = now - work.took_at
        work.took_at = now
        return held_sec
