"""How many CPUs this process may really use, and how much memory.

A container sees every core of its host; what it may use is its cgroup's quota (version 2 `cpu.max`,
version 1 `cpu.cfs_quota_us`) and its affinity mask.
"""

import math
import os
from pathlib import Path
from typing import Final

CGROUP_ROOT: Final = Path("/sys/fs/cgroup")
UNLIMITED: Final = "max"
NO_LIMIT_BYTES: Final = 1 << 60  # version 1 has no word for it, but a number of this size


def usable_cpus(cgroup_root: Path = CGROUP_ROOT) -> int:
    """Whole CPUs, at least 1: the smaller of quota (rounded down) and affinity."""
    affinity = _cpus_of_affinity()
    quota = cgroup_quota(cgroup_root)
    return max(1, affinity if quota is None else min(affinity, math.floor(quota)))


def cgroup_quota(root: Path = CGROUP_ROOT) -> float | None:
    """CPUs that the cgroup allows, None where it sets no limit."""
    allowed, _, period = _read(root / "cpu.max").partition(" ")
    if period and allowed != UNLIMITED:
        return int(allowed) / int(period)
    quota, period = _read(root / "cpu/cpu.cfs_quota_us"), _read(root / "cpu/cpu.cfs_period_us")
    if quota and period and int(quota) > 0:
        return int(quota) / int(period)
    return None


def cgroup_memory_limit(root: Path = CGROUP_ROOT) -> int | None:
    """Bytes that the cgroup allows before it kills, None where it sets no limit."""
    limit = _read(root / "memory.max") or _read(root / "memory/memory.limit_in_bytes")
    if not limit or limit == UNLIMITED or int(limit) >= NO_LIMIT_BYTES:
        return None
    return int(limit)


def _cpus_of_affinity() -> int:
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
