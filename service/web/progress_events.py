"""How far a request's work is, as events beside its answer."""

import time
from collections.abc import Callable
from typing import Final, Literal

from pydantic import BaseModel, Field

from service.chunking import Progress
from service.serving.recording import Recording
from service.web.events import Send, event

LEAST_SEC: Final = 0.1  # between two events of one stage

Stage = Literal["inference", "search"]


class ProgressAnswer(BaseModel):
    """The data of the event `progress`."""

    stage: Stage = Field(
        description="`inference`: the recording is heard; `search`: what was heard is made into "
        "words, or a text is looked for in it."
    )
    done_sec: float = Field(description="Seconds of the recording that have been heard.")
    duration_sec: float = Field(description="Of the recording.")


class ProgressEvents:
    """Sends how far the work is: once for each stage, and within it ten times a second at most."""

    def __init__(
        self,
        send: Send,
        duration_sec: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """duration_sec: of the recording, 0 where it was heard for an earlier request."""
        self._send, self._duration_sec, self._clock = send, duration_sec, clock
        self._stage: Stage | None = None
        self._told_at = 0.0

    def __call__(self, done_sec: float) -> None:
        """So many seconds have been heard. Nothing is sent before the first of them, while a text
        is read: what is wrong with that is still a plain error.
        """
        if done_sec == 0:
            return
        whole_sec = max(self._duration_sec(), done_sec)
        stage: Stage = "inference" if done_sec < whole_sec else "search"
        now = self._clock()
        if stage == self._stage and now - self._told_at < LEAST_SEC:
            return
        self._stage, self._told_at = stage, now
        answer = ProgressAnswer(
            stage=stage, done_sec=round(done_sec, 3), duration_sec=round(whole_sec, 3)
        )
        self._send(event(answer.model_dump_json(), "progress"))


def result_event(content: bytes) -> bytes:
    """The answer, as it would be without events: JSON on one line."""
    return event(content.decode(), "result")


def reporting(on_progress: Progress, send: Send, recording: Recording) -> Progress:
    """Tells `on_progress`, which may stop the work, and then sends events."""
    events = ProgressEvents(send, lambda: recording.duration_sec)

    def tell(done_sec: float) -> None:
        on_progress(done_sec)
        events(done_sec)

    return tell
