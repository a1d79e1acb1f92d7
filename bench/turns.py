"""Measurements that take turns, and what is said of them."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.workers.worker import Worker, WorkerFailed

Reply = dict[str, Any]


@dataclass
class Turns:
    """What the workers answered, turn by turn, and why one of them answers no more."""

    replies: dict[str, list[Reply]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def seconds(self, name: str) -> list[float]:
        """Of one worker's turns; none if it failed before the first."""
        return [reply["seconds"] for reply in self.replies.get(name, [])]

    def median(self, name: str) -> float | None:
        """Median seconds."""
        seconds = self.seconds(name)
        return statistics.median(seconds) if seconds else None


def take_turns(
    workers: Mapping[str, Worker],
    request: Mapping[str, object],
    rounds: int,
    timeout_sec: float,
    each: Callable[[str, Reply], None] | None = None,
    *,
    warm: bool = False,
) -> Turns:
    """Ask A B C ..., A B C ...: a drifting machine hits all alike. A first round is not counted,
    unless all are warm.

    A worker that fails has no further turn; `each` sees every answer, the first round's too.
    """
    turns = Turns()
    for turn in range(1 if warm else 0, rounds + 1):
        for name, worker in workers.items():
            if name in turns.failures or not worker.alive:
                continue
            try:
                reply = worker.ask(request, timeout_sec)
                if each is not None:
                    each(name, reply)
            except WorkerFailed as failed:
                turns.failures[name] = str(failed)
                continue
            if turn:
                turns.replies.setdefault(name, []).append(reply)
    return turns


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """What a committed figure says of its turns: median, smallest, largest, how many."""
    return {
        "median_sec": statistics.median(seconds),
        "min_sec": min(seconds),
        "max_sec": max(seconds),
        "turns": len(seconds),
    }


def ratio(base: float | None, seconds: float | None) -> float | None:
    """How many times faster than the base."""
    return base / seconds if base and seconds else None
