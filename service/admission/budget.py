"""Seconds of audio that wait for a model or are worked on, and how many there may be."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

NOTHING_SEC: Final = 1e-6  # what sums and differences of floats leave over


class Budget:
    """most_sec: of each model; 0: any number. For whoever holds a lock.

    A request whose model is yet to be chosen counts for each that it may be.
    """

    def __init__(self, most_sec: float) -> None:
        self.most_sec = most_sec
        self._taken: defaultdict[str, float] = defaultdict(float)

    def over(self, models: Iterable[str], seconds: float) -> str | None:
        """The first of the models that cannot take so many more: it has others, and no room."""
        if not self.most_sec:
            return None
        return next((one for one in models if not self._fits(one, seconds)), None)

    def take(self, models: Iterable[str], seconds: float) -> None:
        """So many more; fewer where they are less than 0."""
        for model in models:
            left = self._taken[model] + seconds
            self._taken[model] = left
            if left <= NOTHING_SEC:
                del self._taken[model]

    def taken_sec(self, model: str) -> float:
        """Of one model."""
        return self._taken.get(model, 0.0)

    @property
    def taken(self) -> dict[str, float]:
        """By model; of those that have any."""
        return dict(self._taken)

    def _fits(self, model: str, seconds: float) -> bool:
        taken = self._taken.get(model, 0.0)
        return not taken or taken + seconds <= self.most_sec
