"""What decoding in a process of its own costs, beside decoding here, in one run.

    python -m bench.decoding

Both decode each file in turn, from a file in memory for short audio and one on the disk for long,
as uploads are. Figures are medians.
"""

import argparse
import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from service.audio import Audio, decode
from service.decoding.decoders import Decoders

RATE: Final = 16_000  # Hz
MAX_SEC: Final = 4 * 3600.0
SHORT_SEC, LONG_SEC = 10, 3600


def speech_like(seconds: int) -> NDArray[np.float32]:
    """float32 [seconds * RATE]: noise that comes and goes four times a second."""
    count = seconds * RATE
    swell = np.sin(np.arange(count, dtype=np.float32) * (2 * np.pi * 4 / RATE))
    noise = np.random.default_rng(0).standard_normal(count, np.float32)
    speech: NDArray[np.float32] = (0.1 * noise * swell).astype(np.float32)
    return speech


def sndfile(seconds: int, container: str, subtype: str) -> bytes:
    """A file that libsndfile writes."""
    buffer = io.BytesIO()
    soundfile.write(buffer, speech_like(seconds), RATE, format=container, subtype=subtype)
    return buffer.getvalue()


def m4a(seconds: int) -> bytes:
    """AAC in MP4."""
    buffer = io.BytesIO()
    with av.open(buffer, mode="w", format="mp4") as output:
        stream = output.add_stream("aac", rate=RATE, layout="mono")
        resampler = av.AudioResampler(format="fltp", frame_size=1024)
        frame = av.AudioFrame.from_ndarray(
            speech_like(seconds)[np.newaxis], format="fltp", layout="mono"
        )
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return buffer.getvalue()


class Took(NamedTuple):
    """Milliseconds by the clock, and of CPU in all processes."""

    clock: float
    cpu: float


def took(work: Callable[[], object], pids: Sequence[int]) -> Took:
    """What it takes to have something, closing it included."""
    used, began = _cpu_ms(pids), time.perf_counter()
    result = work()
    if isinstance(result, Audio):
        result.close()
    ended = time.perf_counter()
    return Took(1000 * (ended - began), _cpu_ms(pids) - used)


def _cpu_ms(pids: Sequence[int]) -> float:
    """Of this process and of others, since they began. Clock ticks would be too coarse."""
    used = [Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0] for pid in pids]
    return 1000 * time.process_time() + sum(map(int, used)) / 1e6


def compared(decoders: Decoders, source: BinaryIO, rounds: int) -> dict[str, float]:
    """Medians of both, turn by turn, and of asking for the duration."""
    here, there, asked, pids = [], [], [], decoders.pids
    for _ in range(rounds):
        here.append(took(lambda: decode(source, RATE, MAX_SEC), pids))
        there.append(took(lambda: decoders.decode(source, RATE, MAX_SEC), pids))
        asked.append(took(lambda: decoders.duration_sec(source), pids))
    figures = {
        f"{name}_{kind}_ms": statistics.median(getattr(run, kind) for run in runs)
        for name, runs in (("here", here), ("child", there), ("duration", asked))
        for kind in Took._fields
    }
    figures["clock_ratio"] = figures["child_clock_ms"] / figures["here_clock_ms"]
    figures["cpu_ratio"] = figures["child_cpu_ms"] / figures["here_cpu_ms"]
    figures["least_more_ms"] = min(run.clock for run in there) - min(run.clock for run in here)
    return {name: round(figure, 3) for name, figure in figures.items()}


def memory(pid: int) -> dict[str, float]:
    """Megabytes of a process that has decoded."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    sizes = {line.split()[0].rstrip(":"): int(line.split()[1]) / 1000 for line in lines}
    private = sizes["Private_Clean"] + sizes["Private_Dirty"]
    return {"rss_mb": sizes["Rss"], "pss_mb": sizes["Pss"], "private_mb": round(private, 1)}


def main() -> int:
    """Print a line a file, and the memory of each process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--long-rounds", type=int, default=3)
    asked = parser.parse_args()
    short = {
        "10 s WAV": sndfile(SHORT_SEC, "WAV", "PCM_16"),
        "10 s MP3": sndfile(SHORT_SEC, "MP3", "MPEG_LAYER_III"),
        "10 s M4A": m4a(SHORT_SEC),
    }
    decoders = Decoders(2)
    try:
        for name, content in short.items():
            source = io.BytesIO(content)
            compared(decoders, source, 5)
            print(json.dumps({"file": name, **compared(decoders, source, asked.rounds)}))
        for pid in decoders.pids:
            print(json.dumps({"decoder": pid, **memory(pid)}))
        with tempfile.TemporaryFile() as file:
            file.write(sndfile(LONG_SEC, "MP3", "MPEG_LAYER_III"))
            long = compared(decoders, cast("BinaryIO", file), asked.long_rounds)
            print(json.dumps({"file": "1 h MP3", **long}))
        for pid in decoders.pids:
            print(json.dumps({"decoder": pid, **memory(pid)}))
    finally:
        decoders.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
