"""Waveform to model input, exactly as the checkpoint's own feature extractor makes it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from service.manifest import Manifest
from service.recipes import LogMelRecipe, WaveformRecipe

VARIANCE_FLOOR: Final = 1e-7  # transformers' Wav2Vec2FeatureExtractor.zero_mean_unit_var_norm

DEVIATION_FLOOR: Final = 1e-5  # NeMo's normalize_batch adds it to the standard deviation
POWER: Final = 2.0  # the mag_power that needs no further work
# Frames of one pass. Arrays this small stay in a core's cache and come from the heap without fresh
# pages: four times as fast as all frames at once.
BLOCK_FRAMES: Final = 64
WINDOWS: Final[Mapping[str, Callable[[int], NDArray[np.float64]]]] = {
    "hann": np.hanning,
    "hamming": np.hamming,
    "blackman": np.blackman,
    "bartlett": np.bartlett,
}

# Slaney's mel scale (Auditory Toolbox, 1998): linear up to 1 kHz, logarithmic above.
MEL_HZ: Final = 200 / 3  # Hz a mel in the linear part
BREAK_HZ: Final = 1000.0
BREAK_MEL: Final = BREAK_HZ / MEL_HZ
LOG_STEP: Final = np.log(6.4) / 27  # of the natural logarithm of Hz, a mel above the break


Features = Callable[[NDArray[np.float32]], NDArray[np.float32]]  # waveform [N] -> model input


def features_of(manifest: Manifest) -> Features:
    """What makes a model's input; tables are made here, once, and threads may share it."""
    if isinstance(manifest.features, LogMelRecipe):
        return LogMel(manifest.features)
    return partial(
        wav2vec2_input, recipe=manifest.features, min_samples=manifest.framing.min_samples
    )


def wav2vec2_input(
    waveform: NDArray[np.float32], recipe: WaveformRecipe, min_samples: int
) -> NDArray[np.float32]:
    """A wav2vec2 model's input: the waveform at zero mean and unit variance, where trained so.

    waveform: float32 [N] in [-1, 1]. Returns float32 [max(N, min_samples)]: audio too short for one
    frame is followed by zeros, which is silence after the normalisation.
    """
    if recipe.normalize:
        waveform = zero_mean_unit_variance(waveform)
    return np.pad(waveform, (0, max(0, min_samples - len(waveform))))


def zero_mean_unit_variance(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """(x - mean) / sqrt(var + 1e-7). waveform: float32 [N], N >= 1; returns float32 [N]."""
    centred = waveform - waveform.mean()
    deviation = np.sqrt(waveform.var() + np.float32(VARIANCE_FLOOR))
    normal: NDArray[np.float32] = centred / deviation
    return normal


class LogMel:
    """NeMo's log-mel features (FilterbankFeatures in evaluation) of one recipe.

    The window and the filters are made here, once; a call changes nothing, so threads may share it.
    """

    def __init__(self, recipe: LogMelRecipe) -> None:
        self.recipe = recipe
        self._window = WINDOWS[recipe.window](recipe.n_window_size).astype(np.float32)
        self._filters = mel_filters(recipe)

    def __call__(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """waveform: float32 [N] in [-1, 1]. Returns float32 [features, T], T the valid frames.

        Audio shorter than the recipe's `min_samples` is followed by zeros up to there. Where NeMo
        returns further columns (one past the end, and up to a multiple of `pad_to`) it zeroes them
        and tells the model to ignore them; here there are none.
        """
        missing = self.recipe.min_samples - len(waveform)
        if missing > 0:
            waveform = np.pad(waveform, (0, missing))
        features = self._log_mel(self._emphasised(waveform), self.recipe.frame_count(len(waveform)))
        if self.recipe.normalize is not None:
            normalize_features(features, axis=1 if self.recipe.normalize == "per_feature" else None)
        return features

    def _emphasised(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """After pre-emphasis, continued by half of n_fft at both ends: float32 [N + n_fft]."""
        half = self.recipe.n_fft // 2
        padded = np.zeros(len(waveform) + 2 * half, np.float32)
        inside = padded[half : half + len(waveform)]
        if self.recipe.preemph is not None:
            np.multiply(waveform[:-1], -self.recipe.preemph, out=inside[1:])
        inside += waveform
        if self.recipe.edges == "reflect":
            padded[:half] = inside[half:0:-1]
            padded[-half:] = inside[-2 : -half - 2 : -1]
        return padded

    def _log_mel(self, padded: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
        """Before normalisation: float32 [features, frames], made in blocks of frames."""
        recipe = self.recipe
        # The window stands in the middle of n_fft. Where in the transform it stands moves phases
        # only, so it is put first, and the transform fills up with zeros.
        margin = (recipe.n_fft - recipe.n_window_size) // 2
        windows = sliding_window_view(padded[margin:], recipe.n_window_size)
        windows = windows[:: recipe.n_window_stride][:frames]
        features = np.empty((recipe.features, frames), np.float32)
        scratch = np.zeros((BLOCK_FRAMES, recipe.n_fft), np.float32)
        for first in range(0, frames, BLOCK_FRAMES):
            block = windows[first : first + BLOCK_FRAMES]
            windowed = scratch[: len(block)]
            np.multiply(block, self._window, out=windowed[:, : recipe.n_window_size])
            spectrum = np.fft.rfft(windowed)
            power = spectrum.real**2 + spectrum.imag**2
            if recipe.mag_power != POWER:
                power **= recipe.mag_power / POWER
            features[:, first : first + BLOCK_FRAMES] = self._filters @ power.T
        guard = np.add if recipe.log_zero_guard_type == "add" else np.maximum
        guard(features, np.float32(recipe.log_zero_guard_value), out=features)
        return np.log(features, out=features)


def normalize_features(features: NDArray[np.float32], axis: int | None) -> None:
    """In place: (x - mean) / (deviation + 1e-5), as NeMo's normalize_batch.

    features: float32 [features, T]. axis 1 does so for each bin, None over all at once. The
    deviation is that of a sample, over n - 1; that of a single value is 0. The mean is summed in
    float64, so that digital silence comes out as zeros instead of as NeMo's rounding errors.
    """
    features -= features.mean(axis=axis, keepdims=True, dtype=np.float64).astype(np.float32)
    count = features.size if axis is None else features.shape[axis]
    squares = np.square(features).sum(axis=axis, keepdims=True)
    features /= np.sqrt(squares / np.float32(max(1, count - 1))) + np.float32(DEVIATION_FLOOR)


def mel_filters(recipe: LogMelRecipe) -> NDArray[np.float32]:
    """Triangular filters on Slaney's mel scale, those of librosa.filters.mel(htk=False).

    Returns float32 [features, n_fft // 2 + 1], linear weights of the bins of a power spectrum.
    """
    lowest, highest = hz_to_mel(recipe.lowfreq), hz_to_mel(recipe.upper_edge)
    corners = mel_to_hz(np.linspace(lowest, highest, recipe.features + 2))  # Hz
    bins = np.fft.rfftfreq(recipe.n_fft, 1 / recipe.sample_rate)  # Hz
    left, centre, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    filters = np.maximum(0, np.minimum(rising, falling))
    if recipe.mel_norm == "slaney":
        filters *= 2 / (right - left)
    return filters.astype(np.float32)


def hz_to_mel(hz: float) -> float:
    """Slaney's mel of a frequency."""
    return hz / MEL_HZ if hz < BREAK_HZ else BREAK_MEL + float(np.log(hz / BREAK_HZ)) / LOG_STEP


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hz of Slaney's mels, float64 [N] both."""
    return np.where(mel < BREAK_MEL, mel * MEL_HZ, BREAK_HZ * np.exp(LOG_STEP * (mel - BREAK_MEL)))
