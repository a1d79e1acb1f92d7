"""Music-like noise: chords of decaying harmonics, and drums of filtered noise.

What stands between two parts of a broadcast, made of a few numbers. It holds no speech, but has the
pitch, the attacks and the loudness that a recogniser may take for some.
"""

from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import lfilter

Waveform = NDArray[np.float32]

BEATS_A_MINUTE: Final = (70, 140)
LOWEST_HZ: Final = (98.0, 196.0)  # of a chord's root: G2 to G3
SEMITONE: Final = 2 ** (1 / 12)
CHORDS: Final = ((0, 4, 7), (0, 3, 7), (0, 5, 9), (0, 4, 7, 10))  # semitones above the root
STEPS: Final = (0, 2, 5, 7, 9)  # of the root from chord to chord
BEATS_A_CHORD: Final = 4
HARMONICS: Final = 8
CHORD_DECAY_SEC: Final = 0.9
DRUMS: Final = ((0.97, 0.12), (0.2, 0.04))  # a filter's pole and a decay in seconds: low, then high
DRUM_LEVEL: Final = 0.5  # of the chords'
FADE_SEC: Final = 0.3
PEAK: Final = (0.1, 0.6)


def music(seconds: float, sample_rate: int, random: Generator) -> Waveform:
    """float32 [N], in [-1, 1], faded in and out; each call is another tune."""
    length = int(seconds * sample_rate)
    beat = int(sample_rate * 60 / random.uniform(*BEATS_A_MINUTE))
    root_hz = random.uniform(*LOWEST_HZ)
    tune = np.zeros(length)
    for number, start in enumerate(range(0, length, beat)):
        if number % BEATS_A_CHORD == 0:
            lasting = BEATS_A_CHORD * beat
            _add(tune, start, _chord(root_hz, lasting, sample_rate, random))
        pole, decay_sec = DRUMS[number % len(DRUMS)]
        _add(tune, start, DRUM_LEVEL * _drum(pole, decay_sec, beat, sample_rate, random))
    fade = np.minimum(1.0, np.arange(length) / (FADE_SEC * sample_rate))
    tune *= fade * fade[::-1]
    loudest = np.abs(tune).max(initial=1e-9)
    scaled: NDArray[np.float32] = (tune * (random.uniform(*PEAK) / loudest)).astype(np.float32)
    return scaled


def _chord(root_hz: float, length: int, sample_rate: int, random: Generator) -> NDArray[np.float64]:
    """Of a root near the tune's: float64 [length], at most 1."""
    time = np.arange(length) / sample_rate
    notes = np.array(CHORDS[random.integers(len(CHORDS))]) + random.choice(STEPS)
    waves = [
        np.sin(2 * np.pi * hertz * harmonic * time) / harmonic**1.5
        for hertz in root_hz * SEMITONE**notes
        for harmonic in range(1, HARMONICS + 1)
        if hertz * harmonic < sample_rate / 2
    ]
    struck = np.sum(waves, axis=0) * np.exp(-time / CHORD_DECAY_SEC)
    chord: NDArray[np.float64] = struck / np.abs(struck).max()
    return chord


def _drum(
    pole: float, decay_sec: float, length: int, sample_rate: int, random: Generator
) -> NDArray[np.float64]:
    """One stroke: float64 [length], at most 1."""
    noise = random.standard_normal(length) * np.exp(-np.arange(length) / (decay_sec * sample_rate))
    stroke = lfilter([1.0], [1.0, -pole], noise)
    drum: NDArray[np.float64] = stroke / np.abs(stroke).max()
    return drum


def _add(tune: NDArray[np.float64], start: int, sound: NDArray[np.float64]) -> None:
    """As much of a sound as there is room for."""
    room = tune[start : start + len(sound)]
    room += sound[: len(room)]
