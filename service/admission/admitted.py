"""A request that was let in: what it was promised, how far it is, and what ends it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from service.admission.turns import Turn
from service.errors import DeadlineExceeded, KolvaniError

Stage = Literal["body", "queue", "work"]


@dataclass(eq=False)
class Admitted:
    """It has a place until it leaves. Times are of the gates' clock, in seconds.

    models: those that may answer; audio_sec: what is reserved for it of each model's budget;
    work_sec: of one core, as estimated, once the audio is known; worked_sec: so far.
    """

    client: str
    arrived: float
    timeout_sec: float | None
    models: tuple[str, ...] = ()
    audio_sec: float = 0.0
    work_sec: float | None = None
    worked_sec: float = 0.0
    waited_sec: float = 0.0  # for a core, since its body was there
    stage: Stage = "body"
    turn: Turn = field(default_factory=Turn)
    cause: BaseException | None = None  # of being halted
    on_halt: Callable[[], None] | None = None  # what wakes who waits for it

    @property
    def deadline(self) -> float | None:
        """On the clock; None: none."""
        return None if self.timeout_sec is None else self.arrived + self.timeout_sec

    def halt(self, cause: BaseException) -> None:
        """Have it end with `cause` when it next looks; only the first cause counts."""
        if self.cause is None:
            self.cause = cause
            if self.on_halt is not None:
                self.on_halt()

    def check(self, now: float) -> None:
        """Raises what it was halted with, or DeadlineExceeded."""
        if self.cause is not None:
            raise self.cause
        if self.deadline is not None and now >= self.deadline:
            raise self.late(now)

    def late(self, now: float) -> KolvaniError:
        """The error of a request whose time is over, with where it went."""
        spent_sec = now - self.arrived
        return DeadlineExceeded(
            f"expected an answer within {self.timeout_sec:g} s, got none: the time went by in the "
            f"stage {self.stage}",
            stage=self.stage,
            timeout_sec=self.timeout_sec,
            waited_sec=round(max(0.0, spent_sec - self.worked_sec), 3),
            worked_sec=round(self.worked_sec, 3),
        )
