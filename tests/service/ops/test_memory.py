"""Resident memory as the kernel tells it."""

import os
from pathlib import Path

import numpy as np
import pytest

from service.errors import OutOfMemory
from service.ops.memory import (
    SMAPS,
    STATM,
    available_bytes,
    private_bytes,
    resident_bytes,
    within_memory,
)


def test_the_second_field_is_resident_pages(tmp_path: Path) -> None:
    """Of size, resident, shared ...; the answer is in bytes."""
    statm = tmp_path / "statm"
    statm.write_text("1000 42 7 1 0 30 0\n")
    assert resident_bytes(statm) == 42 * os.sysconf("SC_PAGE_SIZE")


def test_without_proc_nothing_is_told(tmp_path: Path) -> None:
    """None, and no guess."""
    assert resident_bytes(tmp_path / "none") is None


@pytest.mark.skipif(not STATM.exists(), reason="no /proc")
def test_memory_that_is_touched_is_seen() -> None:
    """64 MiB written to are 64 MiB more, give or take what Python does."""
    before = resident_bytes()
    block = np.ones(64 << 20, dtype=np.uint8)
    after = resident_bytes()
    assert before is not None
    assert after is not None
    assert after - before == pytest.approx(block.nbytes, rel=0.2)


@pytest.mark.skipif(not SMAPS.exists(), reason="no such account")
def test_a_file_that_is_mapped_is_no_private_memory(tmp_path: Path) -> None:
    """Its pages are resident, and another process may share them."""
    (tmp_path / "file").write_bytes(bytes(64 << 20))
    before, resident = private_bytes(), resident_bytes()
    mapped = np.memmap(tmp_path / "file", mode="r")
    assert int(mapped.sum()) == 0
    after, touched = private_bytes(), resident_bytes()
    assert None not in (before, after, resident, touched)
    assert after - before < mapped.nbytes // 4
    assert touched - resident == pytest.approx(mapped.nbytes, rel=0.2)


def test_private_memory_is_what_is_anonymous(tmp_path: Path) -> None:
    """In bytes; None where there is no account."""
    write(tmp_path / "smaps", "7f00-7fff ---p 00000000 00:00 0 [rollup]\nAnonymous:   4 kB\n")
    assert private_bytes(tmp_path / "smaps") == 4096
    assert private_bytes(tmp_path / "none") is None


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="ascii")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"meminfo": "MemTotal: 9 kB\nMemAvailable:  4 kB\n"}, 4096),
        ({"memory.max": "5000\n", "memory.current": "1000\n"}, 4000),
        ({"memory.max": "1000\n", "memory.current": "1001\n"}, 0),
        ({"memory.max": "max\n", "memory.current": "1000\n"}, None),
        ({"memory/memory.limit_in_bytes": "70", "memory/memory.usage_in_bytes": "7"}, 63),
        ({"meminfo": "MemAvailable: 1 kB", "memory.max": "9", "memory.current": "0"}, 9),
        ({"meminfo": "MemAvailable: 1 kB", "memory.max": "9999", "memory.current": "0"}, 1024),
    ],
)
def test_memory_that_is_left_is_the_least_that_is_known(
    tmp_path: Path, files: dict[str, str], expected: int | None
) -> None:
    """Of the machine, and of a cgroup of either version; None where neither tells."""
    for name, content in files.items():
        write(tmp_path / name, content)
    assert available_bytes(tmp_path / "meminfo", tmp_path) == expected


def test_a_block_that_finds_no_memory_says_when_to_come_back() -> None:
    """A MemoryError becomes the error that has a status; others pass."""
    with pytest.raises(OutOfMemory, match="expected memory") as caught, within_memory():
        raise MemoryError
    assert caught.value.facts["retry_after_sec"]
    with pytest.raises(KeyError), within_memory():
        raise KeyError
