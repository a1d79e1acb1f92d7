"""What a decoder answers is what decoding here answers, whatever holds the upload."""

import concurrent.futures
import errno
import io
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest
import soundfile

from service import samples
from service.audio import decode
from service.decoding import decoder as module
from service.decoding import decoders as pool
from service.decoding.decoders import Decoders
from service.errors import (
    AudioTooLong,
    CorruptAudio,
    DecoderFailed,
    EmptyAudio,
    InvalidSamples,
    KolvaniError,
    StorageFull,
    UnsupportedAudio,
)
from service.samples import StoredSamples

RATE = 16_000  # Hz
MAX_SEC = 4 * 3600.0


def wav(seconds: float, value: float | None = None) -> bytes:
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, int(seconds * RATE)).astype(np.float32)
    if value is not None:
        sound[7] = value
    buffer = io.BytesIO()
    soundfile.write(buffer, sound, RATE, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


def open_descriptors(pid: int | str) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def in_spool(content: bytes, limit: int) -> BinaryIO:
    file = tempfile.SpooledTemporaryFile(limit)  # noqa: SIM115  # closed by the test
    file.write(content)
    return cast("BinaryIO", file)


@pytest.mark.parametrize("source", ["memory", "spool", "rolled", "file"])
@pytest.mark.parametrize("seconds", [0.5, 80.0])
def test_the_samples_are_those_of_decoding_here(
    decoders: Decoders, source: str, seconds: float, tmp_path: Path
) -> None:
    """Of uploads in memory, on the disk, and of which a part is still to be written there."""
    content = wav(seconds)
    (tmp_path / "clip").write_bytes(content)
    with (tmp_path / "clip").open("rb") as named:
        file: BinaryIO = {
            "memory": lambda: cast("BinaryIO", io.BytesIO(content)),
            "spool": lambda: in_spool(content, len(content) + 1),
            "rolled": lambda: in_spool(content, len(content) - 1),
            "file": lambda: cast("BinaryIO", named),
        }[source]()
        with file:
            there = decoders.decode(file, RATE, MAX_SEC)
            here = decode(file, RATE, MAX_SEC)
    assert isinstance(there.waveform, StoredSamples) == (seconds > 60)
    np.testing.assert_array_equal(there.waveform[:], here.waveform[:])
    assert (there.sample_rate, there.duration_sec) == (here.sample_rate, here.duration_sec)
    assert there.padding_sec == here.padding_sec
    there.close()
    here.close()


@pytest.mark.parametrize(
    ("content", "max_sec", "expected"),
    [
        (b"", MAX_SEC, EmptyAudio),
        (wav(0), MAX_SEC, EmptyAudio),
        (b"%PDF-1.7", MAX_SEC, UnsupportedAudio),
        (b"fLaC and nothing", MAX_SEC, CorruptAudio),
        (b"\0\0\0\x10ftypM4A ", MAX_SEC, CorruptAudio),
        (wav(1, np.inf), MAX_SEC, InvalidSamples),
        (wav(2), 1.0, AudioTooLong),
    ],
)
def test_errors_come_as_themselves(
    decoders: Decoders, content: bytes, max_sec: float, expected: type[KolvaniError]
) -> None:
    """Class, message, parameter and facts, as from decoding here."""
    with pytest.raises(expected) as here:
        decode(io.BytesIO(content), RATE, max_sec)
    with pytest.raises(expected) as there:
        decoders.decode(io.BytesIO(content), RATE, max_sec)
    assert there.value.as_dict() == here.value.as_dict()
    assert not any(decoders.restarts.values())


def test_seconds_are_told_on_the_way(decoders: Decoders, hours: bytes) -> None:
    """They rise, and stay below the whole."""
    told: list[float] = []
    audio = decoders.decode(io.BytesIO(hours), 1000, MAX_SEC, told.append)
    audio.close()
    assert told == sorted(told)
    assert told[0] > 0
    assert told[-1] <= audio.duration_sec


def test_several_are_decoded_at_a_time() -> None:
    """More threads than processes: all get their own sound."""
    running = Decoders(2)
    clips = [wav(0.1 + number / 10) for number in range(8)]
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            sounds = list(
                threads.map(lambda clip: running.decode(io.BytesIO(clip), RATE, MAX_SEC), clips)
            )
    finally:
        running.close()
    for number, sound in enumerate(sounds):
        assert sound.duration_sec == pytest.approx(0.1 + number / 10, abs=1e-3)


def test_a_full_disk_is_no_fault_of_the_file(
    decoders: Decoders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """StorageFull as ever, and the decoder goes on; short audio needs no disk."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = decoders.pids
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(StorageFull, match="No space left") as raised:
        decoders.decode(io.BytesIO(wav(80)), RATE, MAX_SEC)
    assert raised.value.facts["retry_after_sec"] == samples.RETRY_SEC
    assert decoders.decode(io.BytesIO(wav(1)), RATE, MAX_SEC).duration_sec == 1
    assert decoders.pids == before


def test_nothing_has_a_name_and_no_descriptor_stays(
    decoders: Decoders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long audio lies on the disk without a name; when it is closed, all is as before."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = open_descriptors("self")
    audio = decoders.decode(io.BytesIO(wav(80)), RATE, MAX_SEC)
    assert list(tmp_path.iterdir()) == []
    assert open_descriptors("self") == before + 1
    audio.close()
    assert open_descriptors("self") == before
    with pytest.raises(CorruptAudio):  # whose answer comes after all is closed there
        decoders.decode(io.BytesIO(b"fLaC and nothing"), RATE, MAX_SEC)
    for pid in decoders.pids:
        assert open_descriptors(pid) == 4  # the standard ones, and the socket


def test_decoders_that_do_not_start_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not ready, and an error that says so, after a while."""
    monkeypatch.setattr(module, "WORKER", "service.decoding.nothing")
    monkeypatch.setattr(pool, "START_TIMEOUT_SEC", 1.0)
    running = Decoders(1)
    try:
        with pytest.raises(DecoderFailed, match="none that starts"):
            running.decode(io.BytesIO(wav(1)), RATE, MAX_SEC)
        assert not running.ready
    finally:
        running.close()
