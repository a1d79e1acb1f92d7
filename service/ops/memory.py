"""How much memory this process holds, and how much it may have."""

import contextlib
import ctypes
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from service.errors import OutOfMemory
from service.ops.quota import CGROUP_ROOT

STATM: Final = Path("/proc/self/statm")
SMAPS: Final = Path("/proc/self/smaps_rollup")
MEMINFO: Final = Path("/proc/meminfo")
KIB: Final = 1024
RESIDENT_FIELD: Final = 1  # of "size resident shared text lib data dt", in pages
RETRY_SEC: Final = 10  # others' memory goes as their requests end


@contextlib.contextmanager
def within_memory() -> Iterator[None]:
    """Raises OutOfMemory where what is done in the block finds no memory."""
    try:
        yield
    except MemoryError as error:
        raise no_memory() from error


def no_memory() -> OutOfMemory:
    """What a request is told that finds none."""
    return OutOfMemory(
        f"expected memory for this request, got none: try again in {RETRY_SEC} s",
        retry_after_sec=RETRY_SEC,
    )


def resident_bytes(statm: Path = STATM) -> int | None:
    """Resident memory, shared pages included; None where there is no /proc."""
    try:
        fields = statm.read_text(encoding="ascii").split()
    except OSError:
        return None
    return int(fields[RESIDENT_FIELD]) * os.sysconf("SC_PAGE_SIZE")


def private_bytes(smaps: Path = SMAPS) -> int | None:
    """Memory that no other process can share and that no file backs; None where there is no such
    account of it.
    """
    return _of_lines(smaps, "Anonymous")


def release_freed() -> None:
    """Hand what was freed back to the system, where the C library (glibc) can be asked to."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def available_bytes(meminfo: Path = MEMINFO, cgroup_root: Path = CGROUP_ROOT) -> int | None:
    """What may still be taken: the smaller of what the machine has left and what the cgroup allows;
    None where neither can be told. Files that the cgroup caches count as taken.
    """
    known = [
        left
        for left in (_of_lines(meminfo, "MemAvailable"), _of_cgroup(cgroup_root))
        if left is not None
    ]
    return min(known, default=None)


def _of_lines(path: Path, wanted: str) -> int | None:
    """Of lines of `name: value kB`."""
    for line in _read(path).splitlines():
        name, _, value = line.partition(":")
        if name == wanted:
            return int(value.split()[0]) * KIB
    return None


def _of_cgroup(root: Path) -> int | None:
    """Version 2, or version 1, whose limit is a huge number where there is none."""
    for limit, usage in (
        (root / "memory.max", root / "memory.current"),
        (root / "memory/memory.limit_in_bytes", root / "memory/memory.usage_in_bytes"),
    ):
        allowed, taken = _read(limit), _read(usage)
        if allowed.isdecimal() and taken.isdecimal():
            return max(0, int(allowed) - int(taken))
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
