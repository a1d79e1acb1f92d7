"""Long audio: how memory grows. What a second of it costs is for bench/windows.py to tell.

    python -m bench.long --model models/he-demo --clip examples/he-1

Memory is the peak of a process of its own, above its peak after a short recording: decoding and
/transcribe.
"""

import argparse
import contextlib
import multiprocessing
import platform
import resource
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
import soundfile
from numpy.typing import NDArray

from bench.transcribe import tiled
from service.audio import Audio, decode_file
from service.bundle import open_bundle
from service.recognizer import Recognizer

LENGTHS_MIN = (1, 10, 60)
WARM_UP_SEC = 30
MAX_SEC = 24 * 3600.0
MIB = 1 << 20
RSS_UNIT = 1024 if sys.platform == "linux" else 1  # of ru_maxrss


class Memory(NamedTuple):
    """Bytes: the peak's growth, and what of it is the matrix of log-probabilities."""

    growth: int
    emissions: int


def memory_table(model: Path, waveform: NDArray[np.float32], sample_rate: int) -> None:
    """Each length in a process of its own."""
    print("audio     samples   log-probabilities   peak growth   without log-probabilities")
    with tempfile.TemporaryDirectory() as folder:
        for minutes in LENGTHS_MIN:
            path = Path(folder) / "long.wav"
            samples = write_long(path, waveform, sample_rate, minutes)
            spawn = multiprocessing.get_context("spawn")
            short = tiled(waveform, WARM_UP_SEC * sample_rate)
            with ProcessPoolExecutor(1, mp_context=spawn) as process:
                growth, emissions = process.submit(measure_memory, model, path, short).result()
            sizes = (4 * samples, emissions, growth, growth - emissions)
            disk, matrix, peak, rest = (size / MIB for size in sizes)
            print(f"{minutes:3d} min  {disk:5.0f} MiB  {matrix:14.1f} MiB  ", end="")
            print(f"{peak:8.1f} MiB  {rest:22.1f} MiB")


def write_long(path: Path, waveform: NDArray[np.float32], sample_rate: int, minutes: int) -> int:
    """The clip again and again as 16-bit WAV, a minute at a time; returns its samples."""
    minute = tiled(waveform, 60 * sample_rate)
    with soundfile.SoundFile(path, "w", sample_rate, 1, "PCM_16") as file:
        for _ in range(minutes):
            file.write(minute)
    return minutes * len(minute)


def measure_memory(model: Path, path: Path, short: NDArray[np.float32]) -> Memory:
    """In a fresh process: transcribe some seconds, then the file, and compare the peaks."""
    bundle = open_bundle(model)
    recognizer = Recognizer.load(bundle)
    sample_rate, framing = bundle.manifest.sample_rate, bundle.manifest.framing
    recognizer.transcribe(Audio(short, sample_rate, WARM_UP_SEC))
    before = peak_bytes()
    with contextlib.closing(decode_file(path, sample_rate, MAX_SEC)) as audio:
        recognizer.transcribe(audio)
        frames = framing.frame_count(len(audio.waveform))
    emissions = frames * len(bundle.tokens) * np.dtype(np.float32).itemsize
    return Memory(peak_bytes() - before, emissions)


def peak_bytes() -> int:
    """The most that this process has held in memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/he-demo"))
    parser.add_argument("--clip", type=Path, default=Path("examples/he-1"))
    options = parser.parse_args()
    bundle = open_bundle(options.model)
    rate = bundle.manifest.sample_rate
    spoken = decode_file(options.clip.with_suffix(".wav"), rate, MAX_SEC).waveform[:]
    print(f"{bundle.manifest.id}, ONNX Runtime {onnxruntime.__version__}, {platform.machine()}, ")
    print(f"Python {platform.python_version()}, 1 thread\n")
    memory_table(options.model, spoken, rate)
    return 0


if __name__ == "__main__":
    sys.exit(main())
