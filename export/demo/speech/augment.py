"""What a recording does to speech: gain, tone, room, noise, a narrow band.

Each function takes and returns float32 [N] in [-1, 1] at `sample_rate` and keeps the length, so
that word onsets stay where they are. Randomness comes from the caller's generator.
"""

from typing import Final

import numpy as np
import soxr
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import fftconvolve, lfilter

Waveform = NDArray[np.float32]

NARROW_RATES: Final = (8000, 11025)  # Hz; telephone and old recordings
REVERBERATION_SEC: Final = (0.1, 0.5)  # RT60
SNR_DB: Final = (8.0, 40.0)
TILT: Final = (-0.6, 0.6)  # first-order coefficient: dull to bright
PEAK: Final = (0.05, 0.95)


def record(waveform: Waveform, sample_rate: int, random: Generator) -> Waveform:
    """One random recording situation."""
    if random.random() < 0.5:
        waveform = tilt(waveform, random.uniform(*TILT))
    if random.random() < 0.2:
        waveform = reverberate(waveform, sample_rate, random)
    if random.random() < 0.5:
        waveform = add_noise(waveform, random.uniform(*SNR_DB), random)
    if random.random() < 0.1:
        waveform = narrow(waveform, sample_rate, int(random.choice(NARROW_RATES)))
    return scale(waveform, random.uniform(*PEAK))


def tilt(waveform: Waveform, coefficient: float) -> Waveform:
    """y[t] = x[t] + coefficient * x[t - 1]."""
    tilted = waveform.copy()
    tilted[1:] += np.float32(coefficient) * waveform[:-1]
    return tilted


def reverberate(waveform: Waveform, sample_rate: int, random: Generator) -> Waveform:
    """Convolve with exponentially decaying noise; the direct sound stays first and loudest."""
    rt60 = random.uniform(*REVERBERATION_SEC)
    time = np.arange(int(rt60 * sample_rate)) / sample_rate
    response = random.standard_normal(len(time)) * 10 ** (-3 * time / rt60)
    response *= random.uniform(0.1, 0.7) / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    wet: Waveform = fftconvolve(waveform, response.astype(np.float32))
    return wet[: len(waveform)]


def add_noise(waveform: Waveform, snr_db: float, random: Generator) -> Waveform:
    """Add noise whose spectrum falls from white to brown."""
    white = random.standard_normal(len(waveform)).astype(np.float32)
    pole = random.uniform(0.0, 0.98)
    noise: Waveform = lfilter([1.0], [1.0, -pole], white).astype(np.float32)
    power = float(np.mean(waveform**2)) / 10 ** (snr_db / 10)
    return waveform + noise * np.float32(np.sqrt(power / (float(np.mean(noise**2)) + 1e-12)))


def narrow(waveform: Waveform, sample_rate: int, band_rate: int) -> Waveform:
    """Lose what a lower sample rate cannot hold."""
    there = soxr.resample(waveform, sample_rate, band_rate, quality="LQ")
    back = soxr.resample(there, band_rate, sample_rate, quality="LQ")
    narrowed = np.zeros_like(waveform)
    narrowed[: len(back)] = back[: len(waveform)]
    return narrowed


def scale(waveform: Waveform, peak: float) -> Waveform:
    """Set the largest magnitude."""
    return waveform * np.float32(peak / (float(np.max(np.abs(waveform))) + 1e-9))
