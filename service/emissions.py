"""What a model heard in a recording."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from service.spans import FrameClock, Skipped


@dataclass(frozen=True)
class Emissions:
    """All that transcribing and aligning need of a recording: the sound itself is done with.

    log_probs: float32 [T, V], log domain; without a row if the recording is silent. levels: float32
    [M], dB (service/levels.py). timings: seconds by stage of making them; empty if they are kept
    from an earlier request. padding_sec: the audio's, for another request's limit. skipped: what
    was not heard, because nobody speaks there.
    """

    log_probs: NDArray[np.float32]
    levels: NDArray[np.float32]
    clock: FrameClock
    warnings: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    padding_sec: float = 0.0
    skipped: tuple[Skipped, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether there was nothing to hear."""
        return len(self.log_probs) == 0

    @property
    def nbytes(self) -> int:
        """What they take in memory."""
        return self.log_probs.nbytes + self.levels.nbytes
