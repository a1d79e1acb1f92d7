"""The two gates: a place on the headers, and seconds of audio once the model is known.

Every promise is kept until the request leaves, however it ends.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Literal

from service.admission.admitted import Admitted
from service.admission.budget import NOTHING_SEC, Budget
from service.admission.speeds import Speeds
from service.errors import Fact, Overloaded, Stopping

Gate = Literal["places", "audio", "deadline", "stopping"]

MOST_RETRY_SEC: Final = 600  # a client that is sent away for longer asks elsewhere
STOPPING_RETRY_SEC: Final = 5  # another replica is there at once; one that starts again is soon


def _tell_nobody(_: Gate, __: int) -> None:
    """Nobody counts."""


class Gates:
    """For any thread.

    workers, max_queue: so many may be inside together. max_queue_audio_sec: of each model's audio;
    0: any. on_refusal: gets which gate refused, and the seconds after which to come back.
    """

    def __init__(
        self,
        workers: int,
        max_queue: int,
        max_queue_audio_sec: float = 0.0,
        on_refusal: Callable[[Gate, int], None] = _tell_nobody,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.workers = workers
        self.max_queue = max_queue
        self.max_queue_audio_sec = max_queue_audio_sec
        self.clock = clock
        self.stopping = False  # set from a signal's handler: no lock
        self._on_refusal = on_refusal
        self._lock = threading.RLock()
        self._inside: set[Admitted] = set()
        self._budget = Budget(max_queue_audio_sec)
        self._speeds = Speeds()

    def enter(self, client: str = "", timeout_sec: float | None = None) -> Admitted:
        """The first gate: a place. Raises Stopping, or Overloaded where none is left."""
        with self._lock:
            if self.stopping:
                self._on_refusal("stopping", STOPPING_RETRY_SEC)
                raise self.gone()
            if len(self._inside) >= self.workers + self.max_queue:
                retry_sec = self._retry_sec(self._ahead_sec(self._speeds.mean_work_sec))
                raise self._refused(
                    "places",
                    f"expected room in the queue of {self.max_queue}, got none",
                    retry_sec,
                    max_queue=self.max_queue,
                )
            admitted = Admitted(client, self.clock(), timeout_sec)
            self._inside.add(admitted)
            return admitted

    @contextmanager
    def place(self, client: str = "", timeout_sec: float | None = None) -> Iterator[Admitted]:
        """`enter`, and `leave` at the end."""
        admitted = self.enter(client, timeout_sec)
        try:
            yield admitted
        finally:
            self.leave(admitted)

    def weigh(self, admitted: Admitted, models: Iterable[str], audio_sec: float) -> None:
        """The second gate: so much audio for one of these models.

        A request that is alone with its models is let in, however long. Raises Overloaded where
        the audio is too much, or where those ahead take longer than this one has.
        """
        admitted.check(self.clock())
        with self._lock:
            named = tuple(models)
            self._check_budget(named, audio_sec, audio_sec)
            work_sec = self._speeds.work_sec(named, audio_sec)
            self._check_time(admitted, self._ahead_sec(work_sec, admitted))
            self._budget.take(named, audio_sec)
            admitted.models, admitted.audio_sec = named, audio_sec
            admitted.work_sec = work_sec

    def correct(self, admitted: Admitted, audio_sec: float) -> None:
        """There is more audio than its header said. Raises Overloaded where that is too much."""
        more_sec = audio_sec - admitted.audio_sec
        if more_sec <= 0:
            return
        with self._lock:
            own = dict.fromkeys(admitted.models, admitted.audio_sec)
            others = [one for one in own if self._budget.taken_sec(one) > own[one] + NOTHING_SEC]
            self._check_budget(others, more_sec, audio_sec)
            self._budget.take(admitted.models, more_sec)
            admitted.audio_sec = audio_sec
            admitted.work_sec = self._speeds.work_sec(admitted.models, audio_sec)

    def leave(self, admitted: Admitted) -> None:
        """It is over, however it went; a second time nothing happens."""
        with self._lock:
            if admitted in self._inside:
                self._inside.remove(admitted)
                self._budget.take(admitted.models, -admitted.audio_sec)
                if admitted.worked_sec:
                    self._speeds.note_work(admitted.worked_sec)

    def heard(self, admitted: Admitted, model: str, audio_sec: float) -> None:
        """A model has heard so much audio for it: that is what estimates learn from."""
        with self._lock:
            self._speeds.note(model, audio_sec, admitted.worked_sec)

    def hand_back(self, admitted: Admitted) -> None:
        """End a request because the server stops: it is for another one to serve."""
        if admitted.cause is None:
            self._on_refusal("stopping", STOPPING_RETRY_SEC)
            admitted.halt(self.gone())

    def gone(self) -> Stopping:
        """The error of who is not served because of that."""
        return Stopping(
            "expected a server that goes on, got one that stops",
            retry_after_sec=STOPPING_RETRY_SEC,
        )

    @property
    def inside(self) -> list[Admitted]:
        """All that were let in and have not left."""
        with self._lock:
            return list(self._inside)

    @property
    def taken(self) -> int:
        """Places."""
        return len(self._inside)

    @property
    def arriving(self) -> int:
        """Places of requests whose body is still coming."""
        return sum(one.stage == "body" for one in self.inside)

    @property
    def audio_sec(self) -> dict[str, float]:
        """Seconds of audio that wait or are worked on, by model."""
        with self._lock:
            return self._budget.taken

    @property
    def speeds(self) -> dict[str, float]:
        """Seconds of audio a second of one core, by model, as measured."""
        with self._lock:
            return self._speeds.measured

    def finish_sec(self, admitted: Admitted) -> float:
        """When it will be done, by the estimate, in seconds from now."""
        with self._lock:
            own_sec = self._left_sec(admitted)
            return self._ahead_sec(own_sec, admitted) / self.workers + own_sec

    def _check_budget(self, models: Iterable[str], more_sec: float, audio_sec: float) -> None:
        model = self._budget.over(models, more_sec)
        if model is None:
            return
        queued_sec = self._budget.taken_sec(model)
        excess_sec = min(queued_sec, queued_sec + more_sec - self.max_queue_audio_sec)
        raise self._refused(
            "audio",
            f"expected room for {audio_sec:.1f} s of audio beside the {queued_sec:.1f} s that wait "
            f"for {model} or are worked on, got a limit of {self.max_queue_audio_sec:g} s",
            self._retry_sec(self._speeds.work_sec([model], excess_sec)),
            model=model,
            audio_sec=round(audio_sec, 3),
            queued_audio_sec=round(queued_sec, 3),
            max_queue_audio_sec=self.max_queue_audio_sec,
        )

    def _check_time(self, admitted: Admitted, ahead_sec: float) -> None:
        """Whoever would only wait until its time is over is told at once."""
        if admitted.deadline is None or admitted.timeout_sec is None:
            return
        wait_sec = ahead_sec / self.workers
        left_sec = admitted.deadline - self.clock()
        if wait_sec > left_sec:
            raise self._refused(
                "deadline",
                f"expected to begin within the {left_sec:.1f} s that are left of "
                f"{admitted.timeout_sec:g} s, got about {wait_sec:.1f} s of work ahead",
                self._retry_sec(ahead_sec),
                timeout_sec=admitted.timeout_sec,
                expected_wait_sec=round(wait_sec, 3),
            )

    def _ahead_sec(self, own_sec: float, own: Admitted | None = None) -> float:
        """Seconds of one core that the others take before one with so much work is done: of each
        no more than that, as the cores are shared.
        """
        others = (one for one in self._inside if one is not own)
        return sum(min(self._left_sec(one), max(own_sec, one.turn.next_sec)) for one in others)

    def _left_sec(self, admitted: Admitted) -> float:
        work_sec = admitted.work_sec
        if work_sec is None:  # its audio is not known yet
            work_sec = self._speeds.mean_work_sec
        return max(0.0, work_sec - admitted.worked_sec)

    def _retry_sec(self, work_sec: float) -> int:
        return min(MOST_RETRY_SEC, max(1, math.ceil(work_sec / self.workers)))

    def _refused(self, gate: Gate, message: str, retry_sec: int, **facts: Fact) -> Overloaded:
        self._on_refusal(gate, retry_sec)
        told = {"retry_after_sec": retry_sec, **facts}
        return Overloaded(f"{message}: try again in {retry_sec} s", param=None, **told)
