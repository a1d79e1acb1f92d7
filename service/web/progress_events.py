"""How far a request's work is, as events beside its answer."""

import time
from collections.abc import Callable
from typing import Final, Literal

from pydantic import BaseModel, Field

from service.chunking import Progress
from service.web.events import Send, event

LEAST_SEC: Final = 0.1  # between two events of one stage

Stage = Literal["text", "inference", "search"]


class ProgressAnswer(BaseModel):
    """The data of the event `progress`."""

    stage: Stage = Field(
        description="`text`: the text is read; `inference`: the recording is heard; `search`: what "
        "was heard is made into words, or a text is looked for in it."
    )
    done_sec: float = Field(description="Seconds of the recording that have been heard.")
    duration_sec: float | None = Field(description="Of the recording; null until that is known.")


class ProgressEvents:
    """Sends how far the work is: once for each stage, and within it ten times a second at most."""

    def __init__(
        self,
        send: Send,
        duration_sec: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """duration_sec: of the recording, 0 while that is not known."""
        self._send, self._duration_sec, self._clock = send, duration_sec, clock
        self._stage: Stage | None = None
        self._told_at = 0.0

    def __call__(self, done_sec: float) -> None:
        """So many seconds have been heard; 0 while the text is read."""
        whole_sec = max(self._duration_sec(), done_sec)
        stage = _stage(done_sec, whole_sec)
        now = self._clock()
        if stage == self._stage and now - self._told_at < LEAST_SEC:
            return
        self._stage, self._told_at = stage, now
        answer = ProgressAnswer(
            stage=stage, done_sec=round(done_sec, 3), duration_sec=round(whole_sec, 3) or None
        )
        self._send(event(answer.model_dump_json(), "progress"))


def both(first: Progress, second: Progress) -> Progress:
    """Tells the one and then the other."""

    def tell(done_sec: float) -> None:
        first(done_sec)
        second(done_sec)

    return tell


def _stage(done_sec: float, whole_sec: float) -> Stage:
    if done_sec == 0:
        return "text"
    return "inference" if done_sec < whole_sec else "search"
