"""One upload, decoded no oftener than needed."""

from contextlib import closing

import numpy as np
import pytest

from service.audio import Audio
from service.errors import CorruptAudio
from service.samples import IN_MEMORY_SAMPLES, Spool, StoredSamples
from service.serving.recording import Recording


def test_each_rate_is_decoded_once() -> None:
    """The same audio for the same rate, another for another, and the time of both."""
    asked = []

    def decode_at(rate: int) -> Audio:
        asked.append(rate)
        return Audio(np.zeros(rate, dtype=np.float32), rate, 1.0)

    recording = Recording(decode_at)
    assert recording.decode_sec == 0
    first = recording.at(16_000)
    spent = recording.decode_sec
    assert recording.at(16_000) is first
    assert recording.decode_sec == spent > 0
    assert recording.at(8_000).sample_rate == 8_000
    assert recording.decode_sec > spent
    assert asked == [16_000, 8_000]


def test_errors_of_decoding_pass_through() -> None:
    """What cannot be decoded is told as it is."""

    def decode_at(rate: int) -> Audio:
        raise CorruptAudio(f"expected audio at {rate} Hz")

    with pytest.raises(CorruptAudio):
        Recording(decode_at).at(16_000)


def test_what_was_decoded_is_closed_with_it() -> None:
    """Files of long audio live as long as the recording that owns them."""
    made: list[StoredSamples] = []

    def decode_at(rate: int) -> Audio:
        spool = Spool()
        spool.write(np.zeros(IN_MEMORY_SAMPLES + 1, dtype=np.float32))
        samples = spool.finish()
        assert isinstance(samples, StoredSamples)
        made.append(samples)
        return Audio(samples, rate, 1.0)

    with closing(Recording(decode_at)) as recording:
        for rate in (16_000, 8_000):
            assert recording.at(rate).waveform[:1] == 0
    for samples in made:
        with pytest.raises(ValueError, match="closed"):
            samples[:1]
