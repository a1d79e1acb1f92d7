"""How far to trust an alignment as a whole.

A path is always found, whatever the text. What tells a text that was said from one that was not is
how much better its words explain their frames than no words would: their evidence
(service/placing/placement.py).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.placing.placement import UNSAID

CERTAIN: Final = 0.0  # nats a token; more evidence than that makes nothing more certain
# Logistic regression of the share of a text that was really said on the mean evidence, on
# synthesised speech with none, some and all of the words replaced: `python -m export.demo trust`.
SLOPE: Final = 2.9  # a nat
MIDDLE: Final = -1.46  # nats a token, where the quality is one half


def quality(evidence: NDArray[np.float64], tokens: NDArray[np.int64]) -> float:
    """An estimate of the share of a text that is said where it was placed, in [0, 1].

    evidence: float64 [W], nats a token of each word, not a number for words without tokens; tokens:
    int64 [W], how many each has. At least one has some.
    """
    weak = mean_evidence(evidence, tokens)
    return round(float(1 / (1 + np.exp(-SLOPE * (weak - MIDDLE)))), 4)


def mean_evidence(evidence: NDArray[np.float64], tokens: NDArray[np.int64]) -> float:
    """Nats a token, each word's taken as at least UNSAID and at most CERTAIN."""
    counted = tokens > 0
    clipped = np.clip(evidence[counted], UNSAID, CERTAIN)
    return float(np.average(clipped, weights=tokens[counted]))
