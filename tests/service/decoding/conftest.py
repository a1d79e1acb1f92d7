"""Decoders, and audio that takes a while."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
import soundfile

from service.decoding.decoders import Decoders

HOURS = 3
SLOW_RATE = 1000  # Hz, of sound that is long and small


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    """One process that decodes and one that measures."""
    running = Decoders(1)
    yield running
    running.close()


@pytest.fixture(scope="session")
def hours() -> bytes:
    """Hours of sound: many blocks come before it ends."""
    sound = np.random.default_rng(0).integers(-9, 9, 3600 * SLOW_RATE).astype(np.int16)
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", SLOW_RATE, 1, "PCM_16", format="FLAC") as file:
        for _ in range(HOURS):
            file.write(sound)
    return buffer.getvalue()
