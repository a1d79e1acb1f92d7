"""Waveform to model input, exactly as the checkpoint's own feature extractor makes it.

A short recording's input is made at once. A long one's is made a part at a time, with the mean and
the deviation of the whole recording, which a first pass over it finds.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from service.manifest import Manifest
from service.moments import Moments
from service.recipes import LogMelRecipe, WaveformRecipe
from service.samples import Samples, Waveform, blocks

VARIANCE_FLOOR: Final = 1e-7  # transformers' Wav2Vec2FeatureExtractor.zero_mean_unit_var_norm

DEVIATION_FLOOR: Final = 1e-5  # NeMo's normalize_batch adds it to the standard deviation
POWER: Final = 2.0  # the mag_power that needs no further work
# Frames of one pass. Arrays this small stay in a core's cache and come from the heap without fresh
# pages: four times as fast as all frames at once.
BLOCK_FRAMES: Final = 64
PIECE_FRAMES: Final = 16 * BLOCK_FRAMES  # of the statistics' pass
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


Parts = Callable[[int, int], NDArray[np.float32]]


class Features(Protocol):
    """What makes a model's input; tables are made once, and threads may share it."""

    def __call__(self, waveform: Waveform) -> NDArray[np.float32]:
        """waveform: float32 [N] in [-1, 1]. Returns the model's input: float32 [N] samples, or
        [features, T] frames of them.
        """

    def parts(self, samples: Samples) -> Parts:
        """Read all samples once, and give what makes positions [first, last) of the input that the
        whole of them makes; those past its end are left out.
        """


def features_of(manifest: Manifest) -> Features:
    """A model's features."""
    if isinstance(manifest.features, LogMelRecipe):
        return LogMel(manifest.features)
    return Wav2Vec2Input(manifest.features, manifest.framing.min_samples)


class Wav2Vec2Input:
    """A wav2vec2 model's input of one recipe, for audio of at least `min_samples`, or padded so."""

    def __init__(self, recipe: WaveformRecipe, min_samples: int) -> None:
        self.recipe = recipe
        self.min_samples = min_samples

    def __call__(self, waveform: Waveform) -> Waveform:
        """`wav2vec2_input`. waveform: float32 [N]; returns float32 [max(N, min_samples)]."""
        return wav2vec2_input(waveform, self.recipe, self.min_samples)

    def parts(self, samples: Samples) -> Parts:
        """Positions are samples. The mean and the deviation are taken in float64."""
        if not self.recipe.normalize:
            return lambda first, last: samples[first:last]
        moments = Moments.of(blocks(samples), axis=None)
        mean = moments.mean.astype(np.float32)
        deviation = np.sqrt(moments.variance(ddof=0) + VARIANCE_FLOOR).astype(np.float32)

        def part(first: int, last: int) -> Waveform:
            normal: Waveform = (samples[first:last] - mean) / deviation
            return normal

        return part


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

    The window and the filters are made here, once; no call changes anything, so threads may share.
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
        features = self._frames(waveform, 0, self.recipe.frame_count(len(waveform)))
        if self.recipe.normalize is not None:
            normalize_features(features, self._axis)
        return features

    def parts(self, samples: Samples) -> Parts:
        """Positions are feature frames; there are at least `min_samples` samples.

        Frames before normalisation are those of the whole: their edges are made of the samples
        around the part, not of padding. They are made twice, which takes less than keeping them.
        """
        count = self.recipe.frame_count(len(samples))
        if self.recipe.normalize is None:
            return lambda first, last: self._frames(samples, first, min(last, count))
        moments = Moments.of(self._pieces(samples, count), self._axis)
        mean = moments.mean.astype(np.float32)
        deviation = np.sqrt(moments.variance(ddof=1)).astype(np.float32)
        deviation += np.float32(DEVIATION_FLOOR)

        def part(first: int, last: int) -> NDArray[np.float32]:
            features = self._frames(samples, first, min(last, count))
            features -= mean
            features /= deviation
            return features

        return part

    @property
    def _axis(self) -> int | None:
        """Over which the recipe normalises: frames, or all there is."""
        return 1 if self.recipe.normalize == "per_feature" else None

    def _pieces(self, samples: Samples, count: int) -> Iterator[NDArray[np.float32]]:
        """The frames of all samples, before normalisation: float32 [features, n], n in order."""
        for first in range(0, count, PIECE_FRAMES):
            yield self._frames(samples, first, min(first + PIECE_FRAMES, count))

    def _frames(self, samples: Samples, first: int, last: int) -> NDArray[np.float32]:
        """Frames first <= t < last, before normalisation: float32 [features, last - first]."""
        recipe = self.recipe
        features = np.empty((recipe.features, last - first), np.float32)
        scratch = np.zeros((BLOCK_FRAMES, recipe.n_fft), np.float32)
        for begin in range(first, last, BLOCK_FRAMES):
            block = self._windows(samples, begin, min(begin + BLOCK_FRAMES, last))
            windowed = scratch[: len(block)]
            np.multiply(block, self._window, out=windowed[:, : recipe.n_window_size])
            spectrum = np.fft.rfft(windowed)
            power = spectrum.real**2 + spectrum.imag**2
            if recipe.mag_power != POWER:
                power **= recipe.mag_power / POWER
            features[:, begin - first : begin - first + len(block)] = self._filters @ power.T
        guard = np.add if recipe.log_zero_guard_type == "add" else np.maximum
        guard(features, np.float32(recipe.log_zero_guard_value), out=features)
        return np.log(features, out=features)

    def _windows(self, samples: Samples, first: int, last: int) -> NDArray[np.float32]:
        """The emphasised samples of frames first <= t < last: float32 [last - first, window]."""
        recipe = self.recipe
        # The window stands in the middle of n_fft. Where in the transform it stands moves phases
        # only, so it is put first, and the transform fills up with zeros.
        reach = recipe.n_fft // 2 - (recipe.n_fft - recipe.n_window_size) // 2
        begin = first * recipe.n_window_stride - reach
        end = (last - 1) * recipe.n_window_stride - reach + recipe.n_window_size
        emphasised = self._emphasised(samples, begin, end)
        return sliding_window_view(emphasised, recipe.n_window_size)[:: recipe.n_window_stride]

    def _emphasised(self, samples: Samples, begin: int, end: int) -> Waveform:
        """Samples begin <= n < end after pre-emphasis, continued where they lie outside."""
        before, behind = max(0, -begin), max(0, end - len(samples))
        # A reflection needs what stands as far inside as it reaches outside.
        lowest = max(0, min(begin, len(samples) - 1 - behind))
        highest = min(len(samples), max(end, before + 1))
        inside = self._pre_emphasised(samples, lowest, highest)
        if not before and not behind:
            return inside
        heard = inside[max(0, begin) - lowest : end - lowest]
        if self.recipe.edges == "zeros":
            return np.pad(heard, (before, behind))
        return np.concatenate([inside[before:0:-1], heard, inside[-2 : -behind - 2 : -1]])

    def _pre_emphasised(self, samples: Samples, first: int, last: int) -> Waveform:
        """y[n] = x[n] - preemph * x[n - 1] of first <= n < last, y[0] = x[0]."""
        neighbour = max(0, first - 1)
        heard = samples[neighbour:last]
        if self.recipe.preemph is None:
            return heard[first - neighbour :]
        emphasised = heard.copy()
        emphasised[1:] -= self.recipe.preemph * heard[:-1]
        return emphasised[first - neighbour :]


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
