"""How much in how long: `60/minute`, `36000/day`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from limits import RateLimitItem, parse_many

UNLIMITED: Final = "unlimited"
KINDS: Final = ("requests", "audio")  # of work asked for; seconds of audio answered for


@dataclass(frozen=True)
class Rates:
    """The most of each kind; None: no limit."""

    requests: RateLimitItem | None = None
    audio: RateLimitItem | None = None

    def replaced(self, own: Mapping[str, RateLimitItem | None]) -> "Rates":
        """These, but for the kinds that `own` has."""
        return replace(self, **own)

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return self != Rates()


def read_rate(text: str) -> RateLimitItem | None:
    """`<count>/<period>`, with a period of second, minute, hour, day or `5 minutes`; None of
    `unlimited`. Raises ValueError.
    """
    if text == UNLIMITED:
        return None
    try:
        (rate,) = parse_many(text)
    except ValueError as error:
        raise ValueError(  # as for two of them
            f"expected a rate such as 60/minute, 36000/day or {UNLIMITED}, got {text!r}"
        ) from error
    if rate.amount < 1 or rate.get_expiry() < 1:
        raise ValueError(f"expected a rate of at least 1, got {text!r}")
    return rate
