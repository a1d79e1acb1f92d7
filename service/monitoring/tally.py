"""What people want to know of what was served: how many ended well, and how long they took."""

from collections import Counter
from typing import Final, Literal

from service.monitoring.facts import CLIENT_GONE, OK
from service.monitoring.quantiles import Latencies

Ending = Literal["answered", "refused", "failed", "client_gone"]
CLIENT_ERRORS: Final = range(400, 500)


class Tally:
    """Endings of requests, and the durations of those that were answered, by task."""

    def __init__(self) -> None:
        self.latencies: dict[str, Latencies] = {}
        self.endings: Counter[Ending] = Counter()

    def add(self, task: str, status: int, outcome: str, seconds: float) -> None:
        """One request has ended."""
        self.endings[ending(status, outcome)] += 1
        if outcome == OK:
            if task not in self.latencies:
                self.latencies[task] = Latencies()
            self.latencies[task].add(seconds)

    @property
    def success_rate(self) -> float | None:
        """Of the requests that ended well or by our fault the share that ended well, in [0, 1].

        Neither what the client sent nor that it left counts. None before the first.
        """
        answered, failed = self.endings["answered"], self.endings["failed"]
        return answered / (answered + failed) if answered + failed else None


def ending(status: int, outcome: str) -> Ending:
    """Whose doing an end was; of a stream that broke off, whose status was 200, ours."""
    if outcome == OK:
        return "answered"
    if outcome == CLIENT_GONE:
        return "client_gone"
    return "refused" if status in CLIENT_ERRORS else "failed"
