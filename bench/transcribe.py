"""What the runtime adds to the model itself: every stage against the bare session, in one run.

`make bench` prints a table for docs/BENCHMARKS.md. Ratios are medians over interleaved repetitions;
seconds are shown only to tell the size.
"""

import argparse
import io
import platform
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile
from numpy.typing import NDArray

from service.acoustic import OnnxAcousticModel
from service.audio import Audio, decode, decode_file
from service.bundle import open_bundle
from service.features import features_of
from service.ops.quota import usable_cpus
from service.recognizer import Recognizer

LENGTHS_SEC = (2, 10, 30, 60)
REPETITIONS = 7
MAX_SEC = 60.0

Clock = Callable[[], float]  # seconds


def seconds(work: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    """Time of one call, by the wall clock if no other is given."""
    began = clock()
    work()
    return clock() - began


def medians(
    *works: Callable[[], object],
    repetitions: int = REPETITIONS,
    clock: Clock = time.perf_counter,
) -> list[float]:
    """Median seconds of each, run in turn so that a drifting machine hits all alike."""
    for work in works:
        work()
    runs = [[seconds(work, clock) for work in works] for _ in range(repetitions)]
    return [statistics.median(column) for column in zip(*runs, strict=True)]


def tiled(waveform: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """The clip again and again, `length` samples in all."""
    return np.resize(waveform, length).astype(np.float32)


def said(text: str, times: float) -> str:
    """The words that are said in so many times the clip."""
    words = text.split()
    return " ".join(words[index % len(words)] for index in range(round(times * len(words))))


def as_wav(audio: Audio) -> bytes:
    """16-bit WAV bytes."""
    buffer = io.BytesIO()
    soundfile.write(buffer, audio.waveform, audio.sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def read(content: bytes, sample_rate: int) -> Audio:
    """Decode a file in memory."""
    return decode(io.BytesIO(content), sample_rate, MAX_SEC)


def stage_table(recognizer: Recognizer, model: OnnxAcousticModel, clip: Path) -> None:
    """Bare inference, decoding the file, and the two whole tasks."""
    spoken = decode_file(clip.with_suffix(".wav"), recognizer.manifest.sample_rate, MAX_SEC)
    text = clip.with_suffix(".txt").read_text(encoding="utf-8")
    features = features_of(recognizer.manifest)
    print("audio    bare model   file decode   /transcribe   /align      audio-s/s")
    for length in LENGTHS_SEC:
        waveform = tiled(spoken.waveform[:], length * spoken.sample_rate)
        audio = Audio(waveform, spoken.sample_rate, float(length))
        model_input = features(waveform)
        content = as_wav(audio)
        repeated = said(text, length / spoken.duration_sec)
        bare, file, transcribe, align = medians(
            partial(model.logits, model_input),
            partial(read, content, spoken.sample_rate),
            partial(recognizer.transcribe, audio),
            partial(recognizer.align, audio, repeated),
        )
        print(
            f"{length:4d} s   {bare * 1000:7.1f} ms  {file / bare:9.3f} x  "
            f"{transcribe / bare:9.3f} x  {align / bare:9.3f} x  {length / transcribe:9.0f}"
        )


def thread_table(recognizer: Recognizer, clip: Path, cpus: int) -> None:
    """Throughput of requests side by side, against one at a time."""
    spoken = decode_file(clip.with_suffix(".wav"), recognizer.manifest.sample_rate, MAX_SEC)
    audio = Audio(tiled(spoken.waveform[:], 10 * spoken.sample_rate), spoken.sample_rate, 10.0)
    requests = 8 * cpus

    def side_by_side(threads: int) -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda _: recognizer.transcribe(audio), range(requests)))

    alone, together = medians(partial(side_by_side, 1), partial(side_by_side, cpus))
    print(f"{cpus} requests at a time: {alone / together:.2f} x the throughput of one at a time")


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/he-demo"))
    parser.add_argument("--clip", type=Path, default=Path("examples/he-1"))
    options = parser.parse_args()
    bundle = open_bundle(options.model)
    model = OnnxAcousticModel(bundle)
    recognizer = Recognizer(bundle, model)
    cpus = usable_cpus()
    print(f"{bundle.manifest.id}, ONNX Runtime {onnxruntime.__version__}, {cpus} CPUs, ", end="")
    print(f"{platform.machine()}, Python {platform.python_version()}, 1 thread a request\n")
    stage_table(recognizer, model, options.clip)
    print()
    thread_table(recognizer, options.clip, cpus)
    return 0


if __name__ == "__main__":
    sys.exit(main())
