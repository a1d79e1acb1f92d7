"""Moments by blocks are those of the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.moments import Moments


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=8),
    st.sampled_from([0.0, 1.0, 1e4]),
    st.sampled_from([None, 1]),
    st.sampled_from([0, 1]),
)
def test_any_blocks_give_the_moments_of_the_whole(
    sizes: list[int], offset: float, axis: int | None, ddof: int
) -> None:
    """Mean and variance, along the columns or of all values, also far from zero."""
    random = np.random.default_rng(sum(sizes))
    blocks = [(random.standard_normal((3, size)) + offset).astype(np.float32) for size in sizes]
    whole = np.concatenate(blocks, axis=1).astype(np.float64)
    moments = Moments.of(iter(blocks), axis)
    np.testing.assert_allclose(moments.mean, whole.mean(axis=axis, keepdims=True), rtol=1e-12)
    if moments.count > 1:
        expected = whole.var(axis=axis, keepdims=True, ddof=ddof)
        np.testing.assert_allclose(moments.variance(ddof), expected, rtol=1e-9, atol=1e-12)


def test_a_single_value_has_no_variance() -> None:
    """Not even over n - 1, which is none."""
    moments = Moments.of([np.ones(1, np.float32)], axis=None)
    assert (moments.count, moments.mean, moments.variance(1)) == (1, 1, 0)


def test_a_million_values_far_from_zero_keep_their_digits() -> None:
    """Where sums of squares in float32 would have none left."""
    block = np.full(1 << 17, 1000.0, np.float32)
    block[::2] += np.float32(0.125)
    moments = Moments.of([block] * 8, axis=None)
    assert float(moments.mean[0]) == pytest.approx(1000.0625, abs=1e-9)
    assert float(moments.variance(0)[0]) == pytest.approx(0.0625**2, rel=1e-6)


def test_no_block_is_refused() -> None:
    """There is no mean of nothing."""
    with pytest.raises(ValueError, match="at least one block"):
        Moments.of([], axis=None)
