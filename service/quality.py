"""How far to trust an alignment as a whole.

A path is always found, whatever the text. What tells a text that was said from one that was not is
how much better its words explain their frames than no words would: their evidence
(service/placing/placement.py).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.placing.placement import UNSAID

# Nats a token; a word with more was said where it is. On synthesised speech with none, some and all
# of the words replaced, no other value comes nearer to the share that was really said:
# `python -m export.demo trust`.
CERTAIN: Final = -0.5


def quality(
    evidence: NDArray[np.float64], tokens: NDArray[np.int64], certain: float = CERTAIN
) -> float:
    """An estimate of the share of a text that is said where it was placed, in [0, 1].

    The mean over the tokens of how far their word's evidence has come from UNSAID, which is 0, to
    `certain`, which is 1. evidence: float64 [W], nats a token of each word, not a number for words
    without tokens; tokens: int64 [W], how many each has. At least one has some.
    """
    counted = tokens > 0
    said = (evidence[counted] - UNSAID) / (certain - UNSAID)
    return round(float(np.average(np.clip(said, 0.0, 1.0), weights=tokens[counted])), 4)
