"""How far to trust an alignment: an estimate of the share that was said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.placing.placement import UNSAID
from service.quality import MIDDLE, mean_evidence, quality

TOKENS = np.array([4, 4], dtype=np.int64)
nats = st.floats(-30, 10)


def test_certain_words_have_nearly_all_quality_and_missing_ones_hardly_any() -> None:
    """And half of each has about half."""
    assert quality(np.array([1.0, 2.0]), TOKENS) > 0.95
    assert quality(np.array([UNSAID, UNSAID]), TOKENS) < 0.05
    assert quality(np.array([1.0, UNSAID]), TOKENS) == pytest.approx(0.5, abs=0.1)


def test_long_words_weigh_more_and_unspoken_symbols_nothing() -> None:
    """Evidence is averaged over tokens; a word without any has none."""
    evidence = np.array([UNSAID, 0.0, np.nan])
    assert mean_evidence(evidence, np.array([1, 3, 0])) == pytest.approx(UNSAID / 4)


def test_the_middle_is_a_half() -> None:
    """By definition."""
    assert quality(np.array([MIDDLE]), np.array([3])) == 0.5


@given(first=nats, second=nats, more=st.floats(0, 5))
def test_more_evidence_never_lowers_the_quality(first: float, second: float, more: float) -> None:
    """And it stays within [0, 1]."""
    less = quality(np.array([first, second]), TOKENS)
    assert 0 <= less <= quality(np.array([first + more, second]), TOKENS) <= 1
