"""How far to trust an alignment: an estimate of the share that was said."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.placing.placement import UNSAID
from service.quality import CERTAIN, quality

TOKENS = np.array([4, 4], dtype=np.int64)
nats = st.floats(-30, 10)


def test_it_is_the_share_that_was_said() -> None:
    """Nearly all, nothing, half of it; between the two constants in proportion."""
    assert quality(np.array([CERTAIN, 2.0]), TOKENS) == 1.0
    assert quality(np.array([UNSAID, -30.0]), TOKENS) == 0.0
    assert quality(np.array([1.0, UNSAID]), TOKENS) == 0.5
    assert quality(np.array([(CERTAIN + UNSAID) / 2] * 2), TOKENS) == 0.5


def test_long_words_weigh_more_and_unspoken_symbols_nothing() -> None:
    """Evidence is averaged over tokens; a word without any has none."""
    evidence = np.array([UNSAID, 0.0, np.nan])
    assert quality(evidence, np.array([1, 3, 0])) == 0.75


@given(first=nats, second=nats, more=st.floats(0, 5))
def test_more_evidence_never_lowers_the_quality(first: float, second: float, more: float) -> None:
    """And it stays within [0, 1]."""
    less = quality(np.array([first, second]), TOKENS)
    assert 0 <= less <= quality(np.array([first + more, second]), TOKENS) <= 1
