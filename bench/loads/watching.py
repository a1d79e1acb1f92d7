"""What a process and its children hold, and how that grows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.loads.served import children

KIB: Final = 1024
MEGABYTE: Final = 1e6  # bytes
THOUSAND: Final = 1000  # requests


@dataclass(frozen=True)
class Sample:
    """After so many requests; memory in MB of all processes together: resident, and what no file
    backs; descriptors, threads, processes, and files in the temporary folder.
    """

    requests: int
    resident_mb: float
    anonymous_mb: float
    descriptors: int
    threads: int
    processes: int
    files: int


def sample(pid: int, requests: int, temporary: Path) -> Sample:
    """Now."""
    pids = [pid, *children(pid)]
    rollups = [_fields(f"/proc/{one}/smaps_rollup") for one in pids]
    return Sample(
        requests,
        sum(rollup.get("Rss", 0) for rollup in rollups) * KIB / MEGABYTE,
        sum(rollup.get("Anonymous", 0) for rollup in rollups) * KIB / MEGABYTE,
        sum(_count(f"/proc/{one}/fd") for one in pids),
        sum(_count(f"/proc/{one}/task") for one in pids),
        len(pids),
        _count(str(temporary)),
    )


def slope(samples: Sequence[Sample], field: str) -> float:
    """Growth per thousand requests, by least squares."""
    if len(samples) < 2:  # noqa: PLR2004  # a line needs two points
        return 0.0
    requests = np.array([one.requests for one in samples]) / THOUSAND
    values = np.array([asdict(one)[field] for one in samples])
    return float(np.polyfit(requests, values, 1)[0])


def _fields(path: str) -> dict[str, int]:
    """KiB by name; of a process that has just ended none."""
    try:
        lines = Path(path).read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    words = (line.split() for line in lines)
    return {parts[0].rstrip(":"): int(parts[1]) for parts in words if parts[-1] == "kB"}


def _count(folder: str) -> int:
    try:
        return len(list(Path(folder).iterdir()))
    except OSError:
        return 0
