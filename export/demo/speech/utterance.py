"""An utterance: sound, its words, and where each begins and ends."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.random import Generator
from numpy.typing import NDArray

SAMPLE_RATE: Final = 16_000  # Hz
UNKNOWN_ONSET: Final = -1
FAINT: Final = 1e-3  # level of the noise that stands for no speech


@dataclass(frozen=True)
class Utterance:
    """waveform: float32 [N] at 16 kHz; onsets: int64, the first sample of each word; ends: int64,
    the sample after its last, or None where that is not known.

    A first word's onset may be UNKNOWN_ONSET.
    """

    waveform: NDArray[np.float32]
    words: tuple[str, ...]
    onsets: NDArray[np.int64]
    ends: NDArray[np.int64] | None = None


def noise(random: Generator) -> Utterance:
    """Half a second to four of faint noise, without a word."""
    length = int(random.integers(SAMPLE_RATE // 2, 4 * SAMPLE_RATE))
    faint = FAINT * random.standard_normal(length)
    return Utterance(faint.astype(np.float32), (), np.zeros(0, dtype=np.int64))


def padded(utterance: Utterance, random: Generator) -> Utterance:
    """With silence before and after, mostly short."""
    longest = SAMPLE_RATE * random.choice((0.5, 2.0), p=(0.9, 0.1))
    before, after = (int(length) for length in random.integers(0, int(longest), size=2))
    waveform = np.pad(utterance.waveform.astype(np.float32), (before, after))
    onsets = np.where(utterance.onsets == UNKNOWN_ONSET, UNKNOWN_ONSET, utterance.onsets + before)
    ends = None if utterance.ends is None else utterance.ends + before
    return Utterance(waveform, utterance.words, onsets, ends)


def load_mono(path: Path) -> NDArray[np.float32]:
    """A recording as float32 [N] at 16 kHz."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    waveform: NDArray[np.float32] = soxr.resample(samples.mean(axis=1), rate, SAMPLE_RATE)
    return waveform
