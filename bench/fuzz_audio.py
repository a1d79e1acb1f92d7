"""Damaged audio of every readable format through the decoders: what comes must be sound, or an
error that blames the file; nothing may stay behind.

    python -m bench.fuzz_audio --inputs 20000 --seed 0

An input is told by seed and index: `--first INDEX --inputs 1` has it again.
"""

import argparse
import io
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from service.decoding.decoders import Decoders
from service.errors import InputError, KolvaniError

RATE: Final = 16_000  # Hz
SECONDS: Final = 0.4
MAX_SEC: Final = 30.0
PCM_FRAME: Final = 960  # samples, of a codec that does not mind
MAX_BYTES: Final = 1 << 18
LARGEST: Final = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 30_000_000)
SNDFILE: Final = (
    *(("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "IMA_ADPCM"), ("W64", "PCM_16")),
    *(("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")),
    *(("AIFF", "PCM_16"), ("CAF", "PCM_16"), ("CAF", "ALAC_16"), ("AU", "PCM_16")),
)
FFMPEG: Final = (
    *(("mp4", "aac"), ("adts", "aac"), ("webm", "libopus"), ("matroska", "flac")),
    *(("mp4", "alac"), ("mov", "pcm_s16le")),
)

Mutation = Callable[[bytearray, random.Random, list[bytes]], None]


def seeds() -> list[bytes]:
    """A file of each format."""
    time_axis = np.arange(int(RATE * SECONDS)) / RATE
    tone = (0.4 * np.sin(2 * np.pi * 440.0 * time_axis)).astype(np.float32)
    return [
        *(_sndfile(tone, *form) for form in SNDFILE),
        *(_ffmpeg(tone, *form) for form in FFMPEG),
    ]


def _sndfile(tone: NDArray[np.float32], container: str, subtype: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, tone, RATE, format=container, subtype=subtype)
    return buffer.getvalue()


def _ffmpeg(tone: NDArray[np.float32], container: str, codec: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, mode="w", format=container) as output:
        stream = cast("av.AudioStream", output.add_stream(codec, rate=RATE, layout="mono"))
        size = stream.codec_context.frame_size or PCM_FRAME
        resampler = av.AudioResampler(format=stream.codec_context.format.name, frame_size=size)
        frame = av.AudioFrame.from_ndarray(tone[np.newaxis], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return buffer.getvalue()


def flip_bits(content: bytearray, rng: random.Random, _: list[bytes]) -> None:
    """A few bits, anywhere or in the header."""
    end = len(content) if rng.getrandbits(1) else min(len(content), 128)
    for _flip in range(rng.randint(1, 16)):
        content[rng.randrange(end)] ^= 1 << rng.randrange(8)


def overwrite(content: bytearray, rng: random.Random, _: list[bytes]) -> None:
    """A run of random bytes."""
    place, count = rng.randrange(len(content)), rng.randint(1, 64)
    content[place : place + count] = rng.randbytes(count)


def truncate(content: bytearray, rng: random.Random, _: list[bytes]) -> None:
    """The end is missing."""
    del content[rng.randrange(1, len(content) + 1) :]


def cut(content: bytearray, rng: random.Random, _: list[bytes]) -> None:
    """A part is missing."""
    place = rng.randrange(len(content))
    del content[place : place + rng.randint(1, max(1, len(content) // 4))]


def repeat(content: bytearray, rng: random.Random, _: list[bytes]) -> None:
    """A part comes several times."""
    place = rng.randrange(len(content))
    part = content[place : place + rng.randint(1, 512)]
    content[place:place] = part * rng.randint(1, 40)


def edit_length(content: bytearray, rng: random.Random, _: list[bytes]) -> None:
    """A number of 16, 32 or 64 bits that is a limit of its kind, most often in the header."""
    end = min(len(content), rng.choice((64, 256, 1024, len(content))))
    size = rng.choice((2, 4, 4, 4, 8))
    value = rng.choice(LARGEST) if rng.randrange(5) else rng.getrandbits(32)
    order = rng.choice(("big", "little"))
    place = rng.randrange(end)
    written = (value & ((1 << 8 * size) - 1)).to_bytes(size, "big")
    content[place : place + size] = written if order == "big" else written[::-1]


def splice(content: bytearray, rng: random.Random, others: list[bytes]) -> None:
    """The beginning of one, the end of another."""
    other = rng.choice(others)
    content[rng.randrange(len(content)) :] = other[rng.randrange(len(other)) :]


def graft(content: bytearray, rng: random.Random, others: list[bytes]) -> None:
    """One in the middle of another."""
    place = rng.randrange(len(content))
    content[place:place] = rng.choice(others)


def wear_head(content: bytearray, rng: random.Random, others: list[bytes]) -> None:
    """Another format's first bytes."""
    count = rng.choice((4, 8, 12, 16, 32, 64))
    content[:count] = rng.choice(others)[:count]


MUTATIONS: Final[tuple[Mutation, ...]] = (
    *(flip_bits, flip_bits, overwrite, truncate, cut, repeat),
    *(edit_length, edit_length, edit_length, splice, graft, wear_head),
)


def mutant(seed: int, index: int, files: list[bytes]) -> bytes:
    """The damaged file of that number, of the bytes alone."""
    rng = random.Random(f"{seed}:{index}")  # noqa: S311  # no secret
    content = bytearray(rng.choice(files))
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        if not content:
            break
        rng.choice(MUTATIONS)(content, rng, files)
    return bytes(content[:MAX_BYTES])


@dataclass
class Findings:
    """What came: outcomes are error codes and `sound`; bad: what must not be."""

    outcomes: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    slowest_sec: float = 0.0


def fuzz(decoders: Decoders, indices: range, seed: int, found: Findings) -> Iterator[int]:
    """Try all; yields each index when it is done."""
    files = seeds()
    for index in indices:
        content = mutant(seed, index, files)
        began = time.perf_counter()
        for work in (_measure, _decode):
            outcome = _outcome(work, decoders, content, f"{seed}:{index}", found)
        found.outcomes[outcome] += 1
        found.slowest_sec = max(found.slowest_sec, time.perf_counter() - began)
        yield index


def _measure(decoders: Decoders, content: bytes) -> None:
    seconds = decoders.duration_sec(io.BytesIO(content))
    if seconds is not None and not seconds >= 0:
        raise ValueError(f"expected seconds, got {seconds}")


def _decode(decoders: Decoders, content: bytes) -> None:
    audio = decoders.decode(io.BytesIO(content), RATE, MAX_SEC)
    try:
        if not all(np.isfinite(block).all() for block in audio.blocks()):
            raise ValueError("expected finite samples")
    finally:
        audio.close()


def _outcome(
    work: Callable[[Decoders, bytes], None],
    decoders: Decoders,
    content: bytes,
    name: str,
    found: Findings,
) -> str:
    try:
        work(decoders, content)
    except InputError as error:
        if "signal" in error.facts:
            found.bad.append(f"{name} {work.__name__}: {error.message}")
        return error.code
    except KolvaniError as error:
        found.bad.append(f"{name} {work.__name__}: {error.code}: {error.message}")
        return error.code
    except Exception as error:  # noqa: BLE001  # a finding
        found.bad.append(f"{name} {work.__name__}: {error!r}")
        return type(error).__name__
    return "sound"


def _state(decoders: Decoders, folder: str) -> dict[str, object]:
    """What must stay flat."""
    memory = []
    for pid in decoders.pids:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        memory += [int(line.split()[1]) >> 10 for line in status.splitlines() if "VmRSS" in line]
    own = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return {
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "own_mb": next(int(line.split()[1]) >> 10 for line in own if "VmRSS" in line),
        "decoders_mb": memory,
        "files_left": sum(1 for _ in Path(folder).iterdir()),
    }


def main() -> int:
    """Print a line a thousand inputs and a summary; 1 where something must not be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    found = Findings()
    indices = range(asked.first, asked.first + asked.inputs)
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        decoders = Decoders(1)
        try:
            for index in fuzz(decoders, indices, asked.seed, found):
                if index % 1000 == 0 or index == indices[-1]:
                    print(json.dumps({"index": index, **_state(decoders, folder)}), flush=True)
        finally:
            decoders.close()
            tempfile.tempdir = None
    print(
        json.dumps(
            {
                "inputs": asked.inputs,
                "outcomes": dict(found.outcomes.most_common()),
                "restarts": decoders.restarts,
                "slowest_sec": round(found.slowest_sec, 3),
                "bad": found.bad[:50],
            },
            indent=1,
        )
    )
    return 1 if found.bad else 0


if __name__ == "__main__":
    sys.exit(main())
