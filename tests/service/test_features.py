"""The log-mel without NeMo; tests/export/test_log_mel.py compares it with NeMo itself."""

import json
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from recipes import CONFORMER

from service import features as module
from service.audio import decode_file
from service.features import LogMel, Wav2Vec2Input, mel_filters, zero_mean_unit_variance
from service.recipes import Edges, LogMelRecipe, Normalization, WaveformRecipe, log_guard_value

RATE = CONFORMER.sample_rate
REFLECT = replace(CONFORMER, edges="reflect")
BOTH = pytest.mark.parametrize("recipe", [CONFORMER, REFLECT], ids=["zeros", "reflect"])

THREADS_AFTER_A_CALL = """
import os
import service, numpy
from recipes import CONFORMER
from service.features import LogMel
LogMel(CONFORMER)(numpy.ones(160_000, numpy.float32))
print(len(os.listdir("/proc/self/task")))
"""


def noise(samples: int, level: float = 0.1) -> NDArray[np.float32]:
    random = np.random.default_rng(samples)
    return (level * random.standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize("edges", ["zeros", "reflect"])
def test_features_are_those_that_nemo_gave(edges: Edges, root: Path) -> None:
    """A sample of NeMo's own numbers, kept by tests/golden/refresh_log_mel.py."""
    golden = json.loads((root / "tests/golden/log-mel.json").read_text())[edges]
    waveform = decode_file(root / "examples/he-1.wav", RATE, max_sec=60).waveform
    features = LogMel(replace(CONFORMER, edges=edges))(waveform)
    assert features.shape == tuple(golden["shape"])
    sample = features[np.ix_(golden["bins"], golden["frames"])]
    np.testing.assert_allclose(sample, golden["values"], atol=5e-4)


@BOTH
@given(samples=st.integers(min_value=0, max_value=5_000))
def test_there_are_exactly_the_valid_frames(recipe: LogMelRecipe, samples: int) -> None:
    """As many as the recipe says, of float32, finite; short audio makes those of `min_samples`."""
    features = LogMel(recipe)(noise(samples))
    frames = recipe.frame_count(max(samples, recipe.min_samples))
    assert features.shape == (recipe.features, frames)
    assert features.dtype == np.float32
    assert features.flags.c_contiguous
    assert np.isfinite(features).all()


@BOTH
def test_short_audio_is_followed_by_zeros(recipe: LogMelRecipe) -> None:
    """As if the caller had padded it to `min_samples`."""
    waveform = noise(100)
    padded = np.pad(waveform, (0, recipe.min_samples - 100))
    np.testing.assert_array_equal(LogMel(recipe)(waveform), LogMel(recipe)(padded))


@BOTH
@pytest.mark.parametrize("waveform", [np.zeros(8_000, np.float32), np.zeros(0, np.float32)])
def test_digital_silence_is_all_zeros(recipe: LogMelRecipe, waveform: NDArray[np.float32]) -> None:
    """Every frame is the mean."""
    assert not LogMel(recipe)(waveform).any()


def test_one_frame_is_all_zeros() -> None:
    """It is its own mean, and its deviation counts as 0."""
    features = LogMel(CONFORMER)(noise(200))
    assert features.shape == (80, 1)
    assert not features.any()


@BOTH
def test_every_bin_has_zero_mean_and_unit_deviation(recipe: LogMelRecipe) -> None:
    """Over the frames that are there, the last included."""
    features = LogMel(recipe)(noise(20_000)).astype(np.float64)
    np.testing.assert_allclose(features.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(features.std(axis=1, ddof=1), 1, atol=1e-4)


def test_all_features_share_one_mean_and_deviation() -> None:
    """normalize: all_features keeps the differences between the bins."""
    features = LogMel(replace(CONFORMER, normalize="all_features"))(noise(20_000))
    assert abs(features.mean(dtype=np.float64)) < 1e-5
    assert features.std(ddof=1, dtype=np.float64) == pytest.approx(1, abs=1e-4)
    assert np.abs(features.mean(axis=1)).max() > 0.5


@given(gain=st.floats(min_value=0.01, max_value=100))
def test_loudness_does_not_matter(gain: float) -> None:
    """A gain adds a constant to every logarithm, and the mean takes it away again.

    The usual guard is far above the power of faint sounds, and is not scaled: hence a tiny one.
    """
    log_mel = LogMel(replace(CONFORMER, log_zero_guard_value=log_guard_value("tiny")))
    waveform = noise(16_000)
    louder = np.float32(gain) * waveform
    np.testing.assert_allclose(log_mel(louder), log_mel(waveform), atol=1e-3)


@BOTH
@pytest.mark.parametrize("block_frames", [1, 7, 200, 10_000])
def test_blocks_leave_no_trace(
    recipe: LogMelRecipe, block_frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any size of the blocks gives the same features, but for the order of sums."""
    waveform = noise(50_000)
    expected = LogMel(recipe)(waveform)
    monkeypatch.setattr(module, "BLOCK_FRAMES", block_frames)
    np.testing.assert_allclose(LogMel(recipe)(waveform), expected, atol=1e-5)


def test_threads_may_share_one() -> None:
    """Calls side by side give what calls in turn give, bit for bit."""
    log_mel = LogMel(CONFORMER)
    waveforms = [noise(16_000 + 500 * index) for index in range(16)]
    expected = [log_mel(waveform) for waveform in waveforms]
    with ThreadPoolExecutor(8) as pool:
        for ours, alone in zip(pool.map(log_mel, waveforms), expected, strict=True):
            np.testing.assert_array_equal(ours, alone)


def test_the_waveform_is_left_as_it_is() -> None:
    """The caller's array is not written to."""
    waveform = noise(5_000)
    before = waveform.copy()
    LogMel(CONFORMER)(waveform)
    np.testing.assert_array_equal(waveform, before)
    waveform.flags.writeable = False  # nor written to and put back
    assert LogMel(CONFORMER)(waveform).shape == (80, 31)


def test_five_minutes_need_little_more_than_they_are() -> None:
    """Temporaries do not grow with the audio, but for one copy and the features twice."""
    waveform = noise(300 * RATE)
    log_mel = LogMel(CONFORMER)
    tracemalloc.start()
    try:
        features = log_mel(waveform)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < waveform.nbytes + 2 * features.nbytes + 2**21


@given(data=st.data())
@pytest.mark.parametrize("preemph", [0.97, None])
@BOTH
def test_frames_of_a_part_are_those_of_the_whole(
    recipe: LogMelRecipe, preemph: float | None, data: st.DataObject
) -> None:
    """Before normalisation: its edges are made of the samples around it, not of padding."""
    recipe = replace(recipe, normalize=None, preemph=preemph)
    waveform = noise(data.draw(st.integers(recipe.min_samples, 6_000)))
    whole = LogMel(recipe)(waveform)
    first = data.draw(st.integers(0, whole.shape[1] - 1))
    last = data.draw(st.integers(first + 1, whole.shape[1] + 3))
    part = LogMel(recipe).parts(waveform)(first, last)
    assert part.dtype == np.float32
    np.testing.assert_allclose(part, whole[:, first:last], atol=2e-6, rtol=2e-6)


@pytest.mark.parametrize("normalize", ["per_feature", "all_features"])
@BOTH
def test_a_part_has_the_mean_and_deviation_of_the_whole(
    recipe: LogMelRecipe, normalize: Normalization
) -> None:
    """A quiet part stays quiet."""
    waveform = noise(40 * RATE)
    waveform[: 10 * RATE] /= 100
    log_mel = LogMel(replace(recipe, normalize=normalize))
    whole, parts = log_mel(waveform), log_mel.parts(waveform)
    for first, last in ((0, 1000), (900, 1500), (3000, whole.shape[1])):
        np.testing.assert_allclose(parts(first, last), whole[:, first:last], atol=1e-4)
    assert whole[:, :900].mean() < -0.5


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_samples_of_a_part_are_those_of_the_whole(normalize: bool, offset: float) -> None:
    """At zero mean and unit variance of the whole, where trained so; past the end is nothing."""
    waveform = noise(20 * RATE) * np.linspace(0.01, 1, 20 * RATE, dtype=np.float32)
    waveform += np.float32(offset)
    features = Wav2Vec2Input(WaveformRecipe(normalize), min_samples=400)
    whole, parts = features(waveform), features.parts(waveform)
    for first, last in ((0, 5_000), (4_321, 4_322), (19 * RATE, 21 * RATE)):
        part = parts(first, last)
        assert part.dtype == np.float32
        np.testing.assert_allclose(part, whole[first:last], atol=2e-5)
    if normalize:
        np.testing.assert_array_equal(whole, zero_mean_unit_variance(waveform))


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_no_threads_are_started(root: Path) -> None:
    """The matrix product runs on the caller's thread, whatever the host's number of cores."""
    call = subprocess.run(
        [sys.executable, "-c", THREADS_AFTER_A_CALL],
        env={"PYTHONPATH": f"{root}:{root / 'tests'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert call.stdout.strip() == "1"


def test_filters_rise_and_fall_once_and_follow_each_other() -> None:
    """Triangles whose peaks go up, each of them over at least one bin of the spectrum."""
    filters = mel_filters(CONFORMER)
    assert filters.shape == (80, 257)
    assert filters.dtype == np.float32
    assert (filters >= 0).all()
    assert (filters.max(axis=1) > 0).all()
    assert (np.diff(filters.argmax(axis=1)) >= 1).all()
    for row in filters:
        slopes = np.sign(np.diff(row[row > 0]))
        assert (np.diff(slopes) <= 0).all()
