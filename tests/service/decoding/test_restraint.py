"""What a decoder has, and what it may use."""

import io
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from service.decoding.decoder import ENVIRONMENT
from service.decoding.decoders import Decoders
from service.decoding.limits import MEMORY_BYTES, OPEN_FILES

SPIN = """
from service.decoding.limits import CpuLimit
limit = CpuLimit(0.1)
while True:
    limit.progressed()
"""
TAKE = """
from service.decoding.limits import MEMORY_BYTES, restrict
restrict()
taken = bytearray(MEMORY_BYTES)
"""


@pytest.fixture
def pid(decoders: Decoders) -> int:
    decoders.duration_sec(io.BytesIO(wav()))
    return decoders.pids[0]


def wav() -> bytes:
    return (
        b"RIFF\x64\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\xe8\3\0\0\xd0\7\0\0\2\0\x10\0data\x40\0\0\0"
        + bytes(64)
    )


def test_it_knows_nothing_of_its_parent(pid: int) -> None:
    """No variable of the environment but its own, and no folder."""
    variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    names = {variable.partition(b"=")[0] for variable in variables if variable}
    assert names == {b"PYTHONPATH", *(name.encode() for name in ENVIRONMENT)}
    assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")


def test_its_memory_files_and_dumps_are_limited(pid: int) -> None:
    """For good: it cannot raise them again."""
    for kind, most in (
        (resource.RLIMIT_DATA, MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        soft, hard = resource.prlimit(pid, kind)
        assert 0 <= soft <= most
        assert 0 <= hard <= most


def test_it_is_the_first_to_go(pid: int) -> None:
    """Where memory is out, a decoder is killed, not the service."""
    assert Path(f"/proc/{pid}/oom_score_adj").read_text(encoding="ascii").strip() == "1000"


def run(code: str, root: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )


def test_cpu_time_ends(root: Path) -> None:
    """By a signal that tells, although blocks keep coming."""
    assert run(SPIN, root).returncode == -signal.SIGXCPU


def test_memory_ends(root: Path) -> None:
    """With an error, not with the machine's."""
    assert "MemoryError" in run(TAKE, root).stderr
