"""A request's sound, at the rate of whichever model listens."""

import time
from collections.abc import Callable

from service.audio import Audio


class Recording:
    """One upload or file, decoded once for each rate that is asked for. For one thread."""

    def __init__(self, decode_at: Callable[[int], Audio]) -> None:
        self._decode_at = decode_at
        self._decoded: dict[int, Audio] = {}
        self.decode_sec = 0.0  # spent so far

    def at(self, sample_rate: int) -> Audio:
        """The whole sound at `sample_rate` Hz. Raises what decoding raises."""
        if sample_rate not in self._decoded:
            began = time.perf_counter()
            self._decoded[sample_rate] = self._decode_at(sample_rate)
            self.decode_sec += time.perf_counter() - began
        return self._decoded[sample_rate]
