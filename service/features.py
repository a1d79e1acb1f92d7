"""Waveform to model input, exactly as the checkpoint's own feature extractor makes it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.bundle import Manifest

VARIANCE_FLOOR: Final = 1e-7  # transformers' Wav2Vec2FeatureExtractor.zero_mean_unit_var_norm


def wav2vec2_input(waveform: NDArray[np.float32], manifest: Manifest) -> NDArray[np.float32]:
    """A wav2vec2 model's input: the waveform at zero mean and unit variance, where trained so.

    waveform: float32 [N] in [-1, 1]. Returns float32 [max(N, receptive field)]: audio too short for
    one frame is followed by zeros, which is silence after the normalisation.
    """
    if manifest.normalize:
        waveform = zero_mean_unit_variance(waveform)
    missing = manifest.framing.min_samples - len(waveform)
    return np.pad(waveform, (0, max(0, missing)))


def zero_mean_unit_variance(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """(x - mean) / sqrt(var + 1e-7). waveform: float32 [N], N >= 1; returns float32 [N]."""
    centred = waveform - waveform.mean()
    deviation = np.sqrt(waveform.var() + np.float32(VARIANCE_FLOOR))
    normal: NDArray[np.float32] = centred / deviation
    return normal
