"""Durations without decoding, of all formats."""

import io

import numpy as np
import pytest
import soundfile

from bench.fuzz_audio import RATE, SECONDS, seeds
from service.audio import decode
from service.decoding.length import MAX_PACKETS, duration_sec
from service.errors import EmptyAudio, UnsupportedAudio


@pytest.mark.parametrize("place", range(len(seeds())))
def test_it_is_near_what_decoding_finds(place: int) -> None:
    """Whatever the format; codecs' padding and delays count or do not."""
    content = io.BytesIO(seeds()[place])
    told = duration_sec(content)
    assert told == pytest.approx(decode(content, RATE, 60.0).duration_sec, abs=0.15)
    assert told == pytest.approx(SECONDS, abs=0.15)


def test_a_long_file_without_a_header_is_extrapolated() -> None:
    """From its first packets, and near the whole although their sizes vary."""
    sound = np.random.default_rng(0).normal(0, 0.1, 3 * 60 * RATE).astype(np.float32)
    sound[: len(sound) // 3] *= 0.01
    buffer = io.BytesIO()
    soundfile.write(buffer, sound, RATE, format="MP3", subtype="MPEG_LAYER_III")
    assert MAX_PACKETS < 180 / 0.036  # frames of 36 ms
    assert duration_sec(buffer) == pytest.approx(180, rel=0.2)


def test_a_header_that_lies_is_not_believed() -> None:
    """An hour in a kilobyte: the packets tell."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(RATE, np.int16), RATE, format="FLAC")
    content = bytearray(buffer.getvalue())
    content[21] |= 0x0F  # the upper bits of STREAMINFO's number of samples: 2**36 of them
    assert duration_sec(io.BytesIO(bytes(content))) == pytest.approx(1.0, abs=0.3)


@pytest.mark.parametrize(
    ("content", "expected"), [(b"", EmptyAudio), (b"%PDF-1.7", UnsupportedAudio)]
)
def test_what_is_no_audio_is_told_at_once(content: bytes, expected: type[Exception]) -> None:
    """As decoding would."""
    with pytest.raises(expected):
        duration_sec(io.BytesIO(content))
