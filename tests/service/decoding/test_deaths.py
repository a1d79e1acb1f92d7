"""Decoders that end: what their request gets, and what the others do not notice."""

import io
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.decoding import conversation
from service.decoding.decoders import Decoders
from service.errors import CorruptAudio, DecoderFailed

MAX_SEC = 4 * 3600.0
RATE = 1000  # Hz
TIMEOUT_SEC = 60.0
CLIP = (
    b"RIFF\x64\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\xe8\3\0\0\xd0\7\0\0\2\0\x10\0"
    b"data\x40\0\0\0" + bytes(64)
)
MEASURES, DECODES = 0, 1  # places among the processes

PARENT = """
import io, sys
from service.decoding import conversation
from service.decoding.decoders import Decoders

decoders = Decoders(1)
content = io.BytesIO(sys.stdin.buffer.read())
told = []

def tell(seconds):
    if not told:
        told.append(print(*decoders.pids, flush=True))

while True:
    decoders.decode(content, 1000, 1e5, tell).close()
"""


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    running = Decoders(1)
    running.duration_sec(io.BytesIO(CLIP))
    yield running
    running.close()


def killing(decoders: Decoders, sign: signal.Signals, times: int = 1) -> Callable[[float], None]:
    """Sends a signal to what decodes, once it is in the middle, so many times."""
    struck: list[int] = []

    def strike(seconds: float) -> None:
        pid = decoders.pids[-1]
        if seconds > 0 and len(struck) < times and pid not in struck:
            struck.append(pid)
            os.kill(pid, sign)

    return strike


def wait_gone(pids: list[int]) -> None:
    """Until none of the processes runs."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            ready, _, _ = select.select([handle], [], [], TIMEOUT_SEC)
            assert ready, f"expected {pid} to end"
        finally:
            os.close(handle)


def test_a_file_that_crashes_its_decoder_is_corrupt(decoders: Decoders, hours: bytes) -> None:
    """It is not tried again; the next file is decoded."""
    strike = killing(decoders, signal.SIGSEGV)
    with pytest.raises(CorruptAudio, match="ended by signal 11") as raised:
        decoders.decode(io.BytesIO(hours), RATE, MAX_SEC, strike)
    assert raised.value.facts == {"signal": 11}
    assert decoders.decode(io.BytesIO(CLIP), RATE, MAX_SEC).duration_sec > 0
    assert decoders.restarts["crash"] == 1


def test_a_file_that_takes_too_much_time_is_corrupt(decoders: Decoders, hours: bytes) -> None:
    """What the system says where the CPU time is over is told as that."""
    strike = killing(decoders, signal.SIGXCPU)
    with pytest.raises(CorruptAudio, match="CPU time"):
        decoders.decode(io.BytesIO(hours), RATE, MAX_SEC, strike)
    assert decoders.restarts["cpu"] == 1


def test_a_decoder_killed_from_outside_is_no_fault_of_the_file(
    decoders: Decoders, hours: bytes
) -> None:
    """The file is decoded by another, as if nothing had happened."""
    strike = killing(decoders, signal.SIGKILL)
    audio = decoders.decode(io.BytesIO(hours), RATE, MAX_SEC, strike)
    audio.close()
    assert audio.duration_sec == 3 * 3600
    assert decoders.restarts["killed"] == 1


def test_twice_is_an_error(decoders: Decoders, hours: bytes) -> None:
    """It says to come back; the next file is decoded."""
    strike = killing(decoders, signal.SIGKILL, times=2)
    with pytest.raises(DecoderFailed, match="ended twice") as raised:
        decoders.decode(io.BytesIO(hours), RATE, MAX_SEC, strike)
    assert raised.value.facts["retry_after_sec"] == 1
    assert decoders.decode(io.BytesIO(CLIP), RATE, MAX_SEC).duration_sec > 0


def test_one_that_says_nothing_is_given_up(
    decoders: Decoders, hours: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that was killed, although it is there."""
    monkeypatch.setattr(conversation, "SILENT_SEC", 1.0)
    strike = killing(decoders, signal.SIGSTOP)
    decoders.decode(io.BytesIO(hours), RATE, MAX_SEC, strike).close()
    assert decoders.restarts["failed"] == 1


def test_who_raises_stops_it(decoders: Decoders, hours: bytes) -> None:
    """The decoder does not go on with what nobody wants, and another takes its place."""
    (*_, before) = decoders.pids

    class Gone(Exception):
        pass

    def leave(_: float) -> None:
        raise Gone

    with pytest.raises(Gone):
        decoders.decode(io.BytesIO(hours), RATE, MAX_SEC, leave)
    wait_gone([before])
    assert decoders.decode(io.BytesIO(CLIP), RATE, MAX_SEC).duration_sec > 0
    assert decoders.restarts["stopped"] == 1


@pytest.mark.parametrize("place", [MEASURES, DECODES])
def test_an_idle_one_that_dies_is_replaced_unasked(decoders: Decoders, place: int) -> None:
    """There are as many as before, none is a zombie, and nothing is told of it."""
    before = decoders.pids
    os.kill(before[place], signal.SIGKILL)
    with decoders._changed:
        assert decoders._changed.wait_for(
            lambda: len(set(decoders.pids) - set(before)) == 1, TIMEOUT_SEC
        )
    with pytest.raises(ProcessLookupError):
        os.kill(before[place], 0)
    assert decoders.duration_sec(io.BytesIO(CLIP))
    assert decoders.decode(io.BytesIO(CLIP), RATE, MAX_SEC).duration_sec > 0


def test_durations_are_told_while_all_decode(decoders: Decoders, hours: bytes) -> None:
    """Nobody waits for hours of audio to learn how long a file is."""
    told: list[float | None] = []

    def ask(_: float) -> None:
        told.append(decoders.duration_sec(io.BytesIO(hours)))

    decoders.decode(io.BytesIO(hours), RATE, MAX_SEC, ask).close()
    assert told[0] == pytest.approx(3 * 3600)


def test_closing_ends_all(hours: bytes) -> None:
    """In the middle of a file too; who waits for it is told."""
    running = Decoders(1)
    running.duration_sec(io.BytesIO(CLIP))
    pids = running.pids

    def close(_: float) -> None:
        running.close()

    with pytest.raises(DecoderFailed):
        running.decode(io.BytesIO(hours), RATE, MAX_SEC, close)
    wait_gone(pids)
    assert running.pids == []


def test_they_end_with_a_parent_that_is_killed(hours: bytes, root: Path) -> None:
    """One that decodes, and one that waits."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    with parent.stdin, parent.stdout:
        parent.stdin.write(hours)
        parent.stdin.close()
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
        parent.wait(TIMEOUT_SEC)
    assert len(pids) == 2
    wait_gone(pids)
