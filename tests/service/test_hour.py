"""Long recordings by the command line: every sentence in its place, in little memory, no traces."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.random import Generator
from numpy.typing import NDArray

from bench.hour import Sentence, align, errors_sec
from service.cli import INTERRUPTED

RATE = 16_000
LEAD_SEC = 0.3  # of silence at both ends of a clip
FLOOR = 1e-3
DEADLINE_SEC = 60.0


class Recording(NamedTuple):
    """A long one, and what is said in it."""

    audio: Path
    text: Path
    said: list[Sentence]


def pause(random: Generator) -> NDArray[np.float32]:
    """Of 0.3 to 3 s, every third with a tone that dies away."""
    count = int(random.uniform(0.3, 3.0) * RATE)
    sound = FLOOR * random.standard_normal(count)
    if random.random() < 1 / 3:
        time_sec = np.arange(count) / RATE
        hertz = random.uniform(100, 400) * np.arange(1, 6)[:, None]
        sound += 0.05 * np.sin(2 * np.pi * hertz * time_sec).sum(axis=0) * np.exp(-2 * time_sec)
    return sound.astype(np.float32)


def write_recording(folder: Path, root: Path, seconds: float) -> Recording:
    """The Hebrew examples again and again, with pauses between."""
    random = np.random.default_rng(7)
    pieces, said, place = [pause(random)], [], 0
    while (place := sum(map(len, pieces))) < seconds * RATE:
        name = f"he-{random.integers(1, 4)}"
        clip, _ = soundfile.read(root / f"examples/{name}.wav", dtype="float32")
        text = (root / f"examples/{name}.txt").read_text(encoding="utf-8").strip()
        end = place + len(clip)
        said.append(Sentence(place / RATE + LEAD_SEC, end / RATE - LEAD_SEC, text))
        pieces += [clip, pause(random)]
    soundfile.write(folder / "long.wav", np.concatenate(pieces), RATE, subtype="PCM_16")
    lines = "".join(f"{sentence.text}\n" for sentence in said)
    (folder / "long.txt").write_text(lines, encoding="utf-8")
    return Recording(folder / "long.wav", folder / "long.txt", said)


def test_five_minutes_align_in_one_call(root: Path, tmp_path: Path) -> None:
    """Every sentence within 200 ms, every word found, and no file is left."""
    recording = write_recording(tmp_path, root, 300.0)
    run = align(recording.audio, recording.text)
    errors = errors_sec(run.answer, recording.said)
    assert len(errors) == len(recording.said) > 40
    assert max(errors.values()) < 0.2
    assert {word["status"] for word in run.answer["words"]} == {"aligned"}
    assert run.peak_bytes < 500 << 20
    assert run.left == []


class Command(NamedTuple):
    """The command at work, its screen, and where it may leave files."""

    process: "subprocess.Popen[bytes]"
    screen: int
    temporary: Path


@contextlib.contextmanager
def aligning(recording: Recording, root: Path, folder: Path) -> Iterator[Command]:
    """`python -m service retime` on a terminal."""
    temporary = folder / "tmp"
    temporary.mkdir()
    subtitles = folder / "long.srt"
    subtitles.write_text("1\n00:00:00,000 --> 00:00:05,000\nשלום\n", encoding="utf-8")
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "service", "retime", str(recording.audio), str(subtitles)]
    process = subprocess.Popen(
        [*command, "-o", str(folder / "out" / "new.srt")],
        cwd=root,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    try:
        yield Command(process, screen, temporary)
    finally:
        process.kill()
        process.wait()
        os.close(screen)


def shown(command: Command) -> bytes:
    """What comes to the screen next; nothing once it is closed."""
    try:
        return os.read(command.screen, 4096)
    except OSError:  # the other end is closed
        return b""


def test_an_interrupt_ends_it_without_a_trace(root: Path, tmp_path: Path) -> None:
    """Status 130, the bar is wiped off, nothing else is told, and no file is left anywhere."""
    recording = write_recording(tmp_path, root, 1200.0)
    (tmp_path / "out").mkdir()
    with aligning(recording, root, tmp_path) as command:
        seen = b""
        while b"%" not in seen:
            more = shown(command)
            assert more, seen
            seen += more
        command.process.send_signal(signal.SIGINT)
        while more := shown(command):
            seen += more
        assert command.process.wait(DEADLINE_SEC) == INTERRUPTED
        assert b"Traceback" not in seen
        assert re.search(rb"\r *\r$", seen)
        assert list(command.temporary.iterdir()) == []
        assert list((tmp_path / "out").iterdir()) == []
