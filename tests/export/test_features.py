"""The runtime's features and resampling against the libraries that checkpoints were made with."""

import io

import librosa
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from transformers import Wav2Vec2FeatureExtractor

from service.audio import decode
from service.features import zero_mean_unit_variance

RATE = 16_000  # Hz


def noise(samples: int, scale: float = 0.1, offset: float = 0.0) -> NDArray[np.float32]:
    random = np.random.default_rng(samples)
    return (offset + scale * random.standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize("samples", [1, 2, 399, 400, 16_001, 960_000])
@pytest.mark.parametrize(("scale", "offset"), [(0.1, 0.0), (1e-4, 0.3), (0.0, 0.0), (0.0, 0.5)])
def test_normalisation_is_that_of_transformers(samples: int, scale: float, offset: float) -> None:
    """The very same numbers, for loud, faint, shifted and constant signals."""
    waveform = noise(samples, scale, offset)
    extractor = Wav2Vec2FeatureExtractor(do_normalize=True)
    expected = extractor(waveform, sampling_rate=RATE, return_tensors="np").input_values[0]
    np.testing.assert_array_equal(zero_mean_unit_variance(waveform), expected)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_resampling_is_that_of_librosa(rate: int) -> None:
    """Decoding in blocks gives what resampling in one piece gives."""
    waveform = np.clip(noise(rate * 5), -1, 1)
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, rate, format="WAV", subtype="FLOAT")
    ours = decode(buffer, RATE, 60).waveform
    expected = librosa.resample(waveform, orig_sr=rate, target_sr=RATE, res_type="soxr_hq")
    common = min(len(ours), len(expected))
    assert abs(len(ours) - len(expected)) <= 1
    np.testing.assert_allclose(ours[:common], expected[:common], atol=2e-3)
