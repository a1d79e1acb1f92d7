"""How fast the models are, as measured: what estimates of work are made of."""

from collections.abc import Iterable
from typing import Final

SMOOTHING: Final = 0.2  # weight of the newest request
FIRST_COST: Final = 0.1  # seconds of a core for a second of audio, of a model that nobody has asked
FIRST_WORK_SEC: Final = 1.0  # of a request, before there was one


class Speeds:
    """Smoothed costs by model, and the mean request; all in seconds of one core."""

    def __init__(self) -> None:
        self._costs: dict[str, float] = {}
        self.mean_work_sec = FIRST_WORK_SEC

    def note(self, model: str, audio_sec: float, worked_sec: float) -> None:
        """A model has heard so much audio, in a request that held a core for so long."""
        if audio_sec > 0:
            cost = worked_sec / audio_sec
            before = self._costs.get(model, cost)
            self._costs[model] = before + SMOOTHING * (cost - before)

    def note_work(self, worked_sec: float) -> None:
        """A request, whatever became of it, held a core for so long."""
        self.mean_work_sec += SMOOTHING * (worked_sec - self.mean_work_sec)

    def work_sec(self, models: Iterable[str], audio_sec: float) -> float:
        """What so much audio takes; of several models that may answer, by the slowest."""
        costs = [self._costs.get(model, FIRST_COST) for model in models]
        return audio_sec * max(costs, default=FIRST_COST)

    @property
    def measured(self) -> dict[str, float]:
        """Seconds of audio a second of one core, by model."""
        return {model: 1 / cost for model, cost in sorted(self._costs.items()) if cost > 0}
