"""What the gates listen to: recordings where given, and always a signal shaped like speech."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy.signal import lfilter

from export.errors import UnreadableProbe
from service.framing import Framing

RECORDED_SEC: Final = 60  # at most, of a recording
PITCH_HZ: Final = 120.0
SYLLABLE_SEC: Final = 0.18
NOISE: Final = 0.05  # of the pulses' amplitude
PEAK: Final = 0.5
# First three formants in Hz of a, e, i, o, u (Peterson and Barney, 1952, rounded), with bandwidths.
FORMANTS_HZ: Final = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (270, 2290, 3010),
    (570, 840, 2410),
    (300, 870, 2240),
)
BANDWIDTHS_HZ: Final = (80, 100, 140)
SEED: Final = 20

Waveform = NDArray[np.float32]


@dataclass(frozen=True)
class Probe:
    """A signal: float32 [N] in [-1, 1], at the model's rate.

    `recorded`: somebody speaks in it, so that its text means something.
    """

    name: str
    waveform: Waveform
    recorded: bool


def default_lengths(
    framing: Framing, sample_rate: int, shortest_sec: float, longest_sec: int
) -> tuple[int, ...]:
    """In samples: the shortest, around one frame and two, where counting goes wrong, and 1, 10,
    60 s and more.
    """
    one = framing.min_samples
    # Where the count steps from one frame to two, and from two to three.
    two, three = (
        next(n for n in itertools.count(one) if framing.frame_count(n) >= frames)
        for frames in (2, 3)
    )
    seconds = dict.fromkeys((1, 10, RECORDED_SEC, longest_sec))
    shortest = round(shortest_sec * sample_rate)
    around = sorted({shortest, one, one + 1, two - 1, two, three - 1})
    return (*around, *(sec * sample_rate for sec in seconds))


def make_probes(
    lengths: Sequence[int], recordings: Sequence[Path], sample_rate: int
) -> tuple[Probe, ...]:
    """One synthetic probe a length (samples), one recorded probe a file (at most a minute)."""
    synthetic = speech_like(max(lengths), sample_rate)
    cut = [Probe(f"synthetic {length}", synthetic[:length], recorded=False) for length in lengths]
    read = [
        Probe(path.name, read_recording(path, sample_rate), recorded=True) for path in recordings
    ]
    return (*cut, *read)


def read_recording(path: Path, sample_rate: int) -> Waveform:
    """Decode a file into mono float32 [N]. Raises UnreadableProbe."""
    try:
        waveform, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise UnreadableProbe(str(path), expected="an audio file", got=error) from error
    mono = soxr.resample(waveform.mean(axis=1), rate, sample_rate)
    cut: Waveform = mono[: RECORDED_SEC * sample_rate].astype(np.float32)
    return cut


def speech_like(samples: int, sample_rate: int, seed: int = SEED) -> Waveform:
    """Glottal pulses and noise through the formants of random vowels, a syllable at a time.

    float32 [samples], reproducible; a longer signal begins with the shorter one.
    """
    rng = np.random.default_rng(seed)
    length = int(SYLLABLE_SEC * sample_rate)
    syllables = [_syllable(length, sample_rate, rng) for _ in range(-(-samples // length))]
    return np.concatenate(syllables)[:samples]


def _syllable(length: int, sample_rate: int, rng: np.random.Generator) -> Waveform:
    pitch = PITCH_HZ * rng.uniform(0.8, 1.3)
    phase = np.cumsum(np.full(length, pitch / sample_rate))
    pulses = np.diff(np.floor(phase), prepend=0.0) + NOISE * rng.standard_normal(length)
    for centre, width in zip(FORMANTS_HZ[rng.integers(5)], BANDWIDTHS_HZ, strict=True):
        radius = np.exp(-np.pi * width / sample_rate)
        angle = 2 * np.pi * centre / sample_rate
        pulses = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], pulses)
    shaped = pulses * np.hanning(length)
    loudness = PEAK * rng.uniform(0.3, 1.0)
    syllable: Waveform = (shaped * loudness / np.abs(shaped).max()).astype(np.float32)
    return syllable
