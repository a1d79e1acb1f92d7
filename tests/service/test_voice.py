"""The detector tells speech from all else, at any level and rate, and in one thread."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from service.audio import Audio, decode_file
from service.levels import levels
from service.samples import Spool
from service.voice import CHUNK_SAMPLES, LOUD_DB, RATE, can_detect, gains_of, voice

CLIPS = ("he-1", "he-3", "hi-1", "hi-2")
SPEECH = 0.5


def probabilities(waveform: NDArray[np.float32], rate: int = RATE) -> NDArray[np.float32]:
    audio = Audio(waveform, rate, len(waveform) / rate)
    return voice(audio, levels(waveform, rate), lambda: None)


def clip(root: Path, name: str) -> NDArray[np.float32]:
    return decode_file(root / f"examples/{name}.wav", RATE, 60.0).waveform[:]


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("gain_db", [20, 0, -30, -60])
def test_speech_is_found_however_loud(root: Path, name: str, gain_db: float) -> None:
    """In most of a clip's moments, from full scale down to what 16 bits can hardly tell."""
    found = probabilities(clip(root, name) * np.float32(10 ** (gain_db / 20)))
    assert np.mean(found >= SPEECH) > 0.7


def test_a_quiet_voice_is_found_beside_a_loud_one(root: Path) -> None:
    """26 dB below, some seconds later, in the noise of a room."""
    pause = np.zeros(8 * RATE, np.float32)
    quiet = clip(root, "hi-2") * np.float32(0.05)
    waveform = np.concatenate([clip(root, "hi-1"), pause, quiet])
    waveform += np.random.default_rng(0).normal(0, 0.001, len(waveform)).astype(np.float32)
    found = probabilities(waveform)[-(len(quiet) // CHUNK_SAMPLES) :]
    assert np.flatnonzero(found >= SPEECH)[0] < 20  # of 0.4 s before the first word
    assert np.mean(found >= SPEECH) > 0.7


def music(seconds: float) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220.0, 277.2, 329.6, 440.0))
    return (0.1 * chord * np.exp(-4 * (time % 0.5))).astype(np.float32)


def noise(level: float) -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, level, 20 * RATE).astype(np.float32)


@pytest.mark.parametrize(
    "sound",
    [np.zeros(20 * RATE, np.float32), noise(0.001), noise(0.3), music(20.0)],
    ids=["digital silence", "faint noise", "loud noise", "music"],
)
def test_what_is_no_speech_is_told_as_such(sound: NDArray[np.float32]) -> None:
    """But for a moment here and there."""
    assert np.mean(probabilities(sound) >= SPEECH) < 0.02


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_other_rates_are_heard_at_the_detectors_own(root: Path, rate: int) -> None:
    """Probabilities stand where they do at 16 kHz."""
    waveform = clip(root, "he-1")
    at_own = probabilities(waveform) >= SPEECH
    resampled = soxr.resample(waveform, RATE, rate).astype(np.float32)
    at_other = probabilities(resampled, rate) >= SPEECH
    assert abs(len(at_other) - len(at_own)) <= 1
    count = min(len(at_own), len(at_other))
    assert np.mean(at_other[:count] == at_own[:count]) > 0.9


def test_a_recording_in_its_file_is_read_in_blocks(root: Path) -> None:
    """To the same probabilities as in memory; after each block it may be stopped."""
    waveform = np.resize(clip(root, "he-1"), 70 * RATE + 100).astype(np.float32)
    spool = Spool()
    spool.write(waveform)
    stored = Audio(spool.finish(), RATE, 70.0)
    told: list[int] = []
    try:
        found = voice(stored, levels(waveform, RATE), lambda: told.append(1))
    finally:
        stored.close()
    np.testing.assert_array_equal(found, probabilities(waveform))
    assert len(found) == -(-len(waveform) // CHUNK_SAMPLES)
    assert len(told) > 5


def test_seconds_are_made_as_loud_as_those_around_them_allow() -> None:
    """The loudest of a neighbourhood is brought to one level; the last second may be a part."""
    loudness = np.full(1050, -60.0, np.float32)
    loudness[500:600] = -30.0
    gains = gains_of(loudness)
    assert len(gains) == 11
    np.testing.assert_allclose(gains[[0, 1, 9, 10]], LOUD_DB + 60, atol=1e-3)
    np.testing.assert_allclose(gains[2:9], LOUD_DB + 30, atol=1e-3)


def test_detecting_starts_no_threads() -> None:
    """A request's work stays in its own thread, within the quota."""
    program = (
        "import threading, numpy as np, os\n"
        "from service.audio import Audio\n"
        "from service.voice import voice\n"
        "def hear():\n"
        "    before = len(os.listdir('/proc/self/task'))\n"
        "    audio = Audio(np.ones(16_000, np.float32), 16_000, 1.0)\n"
        "    voice(audio, np.zeros(100, np.float32), lambda: None)\n"
        "    print(len(os.listdir('/proc/self/task')) - before)\n"
        "hear()\n"
        "thread = threading.Thread(target=hear)\n"
        "thread.start()\n"
        "thread.join()\n"
    )
    if not Path("/proc/self/task").is_dir():
        pytest.skip("threads cannot be counted here")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.split() == [b"0", b"0"]


@pytest.mark.parametrize(
    ("flags", "machine", "able"),
    [
        ("fpu sse4_2 avx avx2 bmi1 bmi2 fma f16c", "x86_64", True),
        ("fpu sse4_2 avx f16c", "x86_64", False),
        ("fp asimd", "aarch64", True),
    ],
)
def test_a_cpu_without_the_instructions_is_told(
    tmp_path: Path, flags: str, machine: str, *, able: bool
) -> None:
    """The library would end the process there; one that cannot be told is not tried."""
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    assert can_detect(path, machine) is able
    assert can_detect(tmp_path / "none", "x86_64") is False
