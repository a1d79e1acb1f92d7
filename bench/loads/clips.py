"""The recordings that clients send: an example clip again and again, 5 to 10 s of it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from bench.loopback import Post

LENGTHS_SEC: Final = (5, 6, 7, 8, 9, 10)
SOURCES: Final = ("he-1", "he-2", "he-3")
EXAMPLES: Final = Path("examples")


@dataclass(frozen=True)
class Clip:
    """content: a WAV file of 16 bits."""

    seconds: float
    content: bytes

    def body(self, texts: dict[str, str]) -> bytes:
        """The form that is posted."""
        return Post("", {"audio": ("clip.wav", self.content)}, texts).body()


def clips(
    lengths_sec: Sequence[float] = LENGTHS_SEC, examples: Path = EXAMPLES
) -> tuple[Clip, ...]:
    """One a length, of speech that does not begin with the same words."""
    found = []
    for index, seconds in enumerate(lengths_sec):
        names = [SOURCES[(index + turn) % len(SOURCES)] for turn in range(len(SOURCES))]
        spoken = [soundfile.read(examples / f"{name}.wav", dtype="int16") for name in names]
        rate = spoken[0][1]
        samples = np.resize(np.concatenate([sound for sound, _ in spoken]), round(seconds * rate))
        buffer = io.BytesIO()
        soundfile.write(buffer, samples, rate, format="WAV", subtype="PCM_16")
        found.append(Clip(seconds, buffer.getvalue()))
    return tuple(found)
