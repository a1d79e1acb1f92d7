"""How much each client has had, in a sliding window, in the memory of this process.

Several processes count each for itself: with N of them behind a proxy a client gets up to N times
its rates. The window is the counter of this period plus the share of the last period's that is
still within it, so that a client takes two numbers of memory, however many requests it makes.
"""

import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from service.access.rates import Rates
from service.errors import RateLimited

REQUESTS: Final = "requests"
AUDIO: Final = "audio"
SECONDS: Final = "seconds of audio"


@dataclass(frozen=True)
class Standing:
    """What is left of one rate; reset_sec: until there is more."""

    kind: str
    limit: int
    window_sec: int
    remaining: int
    reset_sec: int


class Budgets:
    """Accounts by name."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)

    def admit(self, account: str, rates: Rates) -> None:
        """Count a request. Raises RateLimited where one of the rates is used up."""
        for standing in self.standings(account, rates):
            if standing.remaining < 1:
                raise _used_up(standing)
        if rates.requests is not None:
            self._limiter.hit(rates.requests, REQUESTS, account)

    def charge(self, account: str, rates: Rates, audio_sec: float) -> None:
        """Count audio, in whole seconds, rounded up; what is over the limit is owed."""
        if (rate := rates.audio) is not None and audio_sec > 0:
            self._storage.acquire_sliding_window_entry(
                rate.key_for(AUDIO, account), sys.maxsize, rate.get_expiry(), math.ceil(audio_sec)
            )

    def standings(self, account: str, rates: Rates) -> tuple[Standing, ...]:
        """What is left."""
        return tuple(self._standings(account, rates))

    def _standings(self, account: str, rates: Rates) -> Iterator[Standing]:
        for kind, rate in ((REQUESTS, rates.requests), (AUDIO, rates.audio)):
            if rate is not None:
                yield self._standing(kind, rate, account)

    def _standing(self, kind: str, rate: RateLimitItem, account: str) -> Standing:
        stats = self._limiter.get_window_stats(rate, kind, account)
        reset_sec = max(0, math.ceil(stats.reset_time - time.time()))
        return Standing(kind, rate.amount, rate.get_expiry(), stats.remaining, reset_sec)


def _used_up(standing: Standing) -> RateLimited:
    unit = SECONDS if standing.kind == AUDIO else standing.kind
    retry_after_sec = max(1, standing.reset_sec)
    return RateLimited(
        f"expected at most {standing.limit} {unit} in {standing.window_sec} s, got more: try again "
        f"in {retry_after_sec} s",
        limited=standing.kind,
        limit=standing.limit,
        window_sec=standing.window_sec,
        retry_after_sec=retry_after_sec,
    )
