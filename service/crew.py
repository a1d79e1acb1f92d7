"""How many cores hear a window, and how many windows are heard at a time.

Decided window by window, by what is idle then: a request that is alone has all cores, one that
comes meanwhile waits for a window at most, and beside others each has one. Windows side by side,
one a core, come before one window on all cores, which costs more a second of audio; their answers
are those of one after the other, bit for bit. docs/decisions/014-cores.md.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.acoustic import AcousticModel
from service.ops.cores import Cores


@dataclass(frozen=True)
class Team:
    """A model and how many windows it hears at a time, as long as the cores for it are held."""

    model: AcousticModel
    windows: int = 1

    def logits(self, inputs: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """inputs: at most so many, as `AcousticModel.logits` takes them; the answers, in order."""
        if len(inputs) == 1:
            return [self.model.logits(inputs[0])]
        first, *others = inputs
        with ThreadPoolExecutor(len(others), thread_name_prefix="window") as helpers:
            answers = [helpers.submit(self.model.logits, one) for one in others]
            return [self.model.logits(first), *(answer.result() for answer in answers)]


@dataclass(frozen=True)
class Crew:
    """The cores that a model shares with all other jobs.

    wide: the same model with as many threads as there are cores; None where there is none.
    """

    cores: Cores
    wide: AcousticModel | None = None

    @contextmanager
    def team(self, model: AcousticModel, windows: int) -> Iterator[Team]:
        """For the next of so many windows; model: with the threads of one core."""
        others = self.cores.count - 1
        few = self.wide is not None and windows <= others
        with self.cores.borrowed(windows - 1, or_all=few) as lent:
            if self.wide is not None and few and others and lent == others:
                yield Team(self.wide)
            else:
                yield Team(model, 1 + lent)
