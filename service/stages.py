"""Where the time of a request goes."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class _Aside(threading.local):
    """Of one thread: the seconds for which its work was put aside, all together."""

    seconds = 0.0


_ASIDE = _Aside()


def put_aside(seconds: float) -> None:
    """The work of this thread stood still for so long, while others had its core."""
    _ASIDE.seconds += seconds


class Stages:
    """Seconds by stage, in the order in which they first ran; a stage may run again."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Add what happens meanwhile to `stage`, unless it fails."""
        began = _worked()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + _worked() - began


def _worked() -> float:
    """Seconds on a clock of this thread that stands still while its work does."""
    return time.perf_counter() - _ASIDE.seconds
