"""Placements made by hand: spans where a test wants them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from service.ctc import ABSORBED
from service.levels import HOPS_A_SEC, Levels
from service.placing.placement import Placement
from service.spans import FrameClock, TokenSpan
from service.text.lineup import Lineup

BLANK = 0


def placement_of(
    line: Lineup,
    spans: Sequence[TokenSpan],
    absorbed: Sequence[int] = (),
    frames: int = 0,
    missing: frozenset[int] = frozenset(),
) -> Placement:
    """Of spans, one a target, with frames that were absorbed between them."""
    frames = max([frames, *(span.end for span in spans), *(frame + 1 for frame in absorbed)])
    tokens = np.full(frames, BLANK, dtype=np.int64)
    for span in spans:
        tokens[span.start : span.end] = span.token
    tokens[list(absorbed)] = ABSORBED
    evidence = np.zeros(len(line.places))
    return Placement(line, tuple(spans), tokens, {}, missing, evidence)


def steady(clock: FrameClock) -> Levels:
    """Sound that never falls quiet: words end where their neighbours begin."""
    levels: NDArray[np.float32] = np.zeros(round(clock.duration_sec * HOPS_A_SEC), np.float32)
    return levels
