"""Levels of the sound: what each hop holds, however the recording comes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from service.levels import BLOCK_SAMPLES, SILENCE_DB, levels


def noise(samples: int) -> NDArray[np.float32]:
    return np.random.default_rng(samples).normal(0, 0.1, samples).astype(np.float32)


def brute(waveform: NDArray[np.float32], rate: int) -> list[float]:
    """Hop m holds the samples n of m <= 100 n / rate < m + 1."""
    hops: dict[int, list[float]] = {}
    for index, sample in enumerate(waveform.tolist()):
        hops.setdefault(index * 100 // rate, []).append(sample**2)
    return [10 * math.log10(max(sum(hop) / len(hop), 1e-10)) for _, hop in sorted(hops.items())]


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100])
@pytest.mark.parametrize("samples", [1, 79, 160, 161, 1_000, 22_050])
def test_a_hop_is_a_hundredth_of_a_second(rate: int, samples: int) -> None:
    """Its level is the mean square of its own samples, at any rate; the last may be a part."""
    found = levels(noise(samples), rate)
    assert found.dtype == np.float32
    assert len(found) == math.ceil(100 * samples / rate)
    np.testing.assert_allclose(found, brute(noise(samples), rate), atol=1e-4)


@given(
    samples=st.integers(0, 3_000),
    cuts=st.lists(st.integers(0, 3_000), max_size=8),
    rate=st.sampled_from([8_000, 11_025, 16_000]),
)
def test_levels_do_not_depend_on_how_the_sound_is_divided(
    samples: int, cuts: list[int], rate: int
) -> None:
    """Blocks of any lengths, empty ones too, give the very same levels as one array."""
    waveform = noise(samples)
    blocks = np.split(waveform, sorted(min(cut, samples) for cut in cuts))
    np.testing.assert_array_equal(levels(iter(blocks), rate), levels(waveform, rate))


def test_a_long_array_is_taken_in_parts() -> None:
    """The parts meet without a seam."""
    waveform = noise(BLOCK_SAMPLES + 1_234)
    whole = levels(waveform, 16_000)
    np.testing.assert_array_equal(whole, levels([waveform], 16_000))
    assert len(whole) == math.ceil(len(waveform) / 160)


def test_silence_has_the_least_level_and_full_scale_none() -> None:
    """Digital silence is -100 dB, a constant of 1 is 0 dB, and half of it 6 dB less."""
    waveform = np.repeat(np.array([0.0, 1.0, 0.5], dtype=np.float32), 160)
    np.testing.assert_allclose(levels(waveform, 16_000), [SILENCE_DB, 0.0, -6.02], atol=0.01)


def test_no_sound_has_no_levels() -> None:
    """Neither an empty array nor no blocks."""
    assert levels(np.zeros(0, dtype=np.float32), 16_000).shape == (0,)
    assert levels([], 16_000).shape == (0,)
