"""A request's sound, at the rate of whichever model listens."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from service.audio import Audio


class Recording:
    """One upload or file, decoded once for each rate that is asked for. For one thread.

    It owns what was decoded, of which the long ones are files: whoever makes it, closes it.
    """

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

    def close(self) -> None:
        """Let go of all audio."""
        for audio in self._decoded.values():
            audio.close()
        self._decoded.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
