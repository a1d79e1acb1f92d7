"""How many multiplications a shape takes."""

import pytest

from bench.shapes import XLS_R_300M, Shape, operations

# One convolution of each kernel turns 400 samples into one frame: 79, 39, 19, 9, 4, 2, 1 frames.
SMALL = Shape("small", 3, 8, 10, 2, 2, (4, 2), tokens=5)
FRAMES = (79, 39, 19, 9, 4, 2, 1)


def test_the_formula_is_the_count_by_hand() -> None:
    """One frame of a small shape, every product written out."""
    found = operations(SMALL, 400)
    first = 2 * 79 * 10 * 3
    threes = 2 * (39 + 19 + 9 + 4) * 3 * 3 * 3
    twos = 2 * (2 + 1) * 2 * 3 * 3
    projection = 2 * 3 * 8
    assert found.front_end == first + threes + twos + projection
    assert found.positional == 2 * 2 * 4 * 4 * 8  # two frames for an even kernel, half the inputs
    assert found.layers == 2 * 2 * (4 * 8 * 8 + 2 * 8 * 10)
    assert found.attention == 2 * 2 * 2 * 8
    assert found.head == 2 * 8 * 5
    assert found.total == sum(
        (found.front_end, found.positional, found.layers, found.attention, found.head)
    )


def test_ten_seconds_of_the_300m_shape_take_what_was_measured_before() -> None:
    """38.5 GFLOP a second of audio, of which 4.9 in the front end and 30.2 in the layers."""
    found = operations(XLS_R_300M, 160_000)
    assert found.total / 10e9 == pytest.approx(38.5, rel=0.01)
    assert found.front_end / 10e9 == pytest.approx(4.9, rel=0.02)
    assert found.layers / 10e9 == pytest.approx(30.2, rel=0.01)
    assert found.positional / 10e9 == pytest.approx(0.84, rel=0.01)
    assert found.attention / 10e9 == pytest.approx(2.46, rel=0.01)
