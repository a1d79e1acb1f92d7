"""What a process holds, as Linux tells it."""

from pathlib import Path
from typing import Final

MEGABYTE: Final = 1e6  # bytes
KIB: Final = 1024
STATUS: Final = Path("/proc/self/status")
ROLLUP: Final = Path("/proc/self/smaps_rollup")
FIELDS: Final = {"rss_mb": "VmRSS", "peak_mb": "VmHWM"}
PRIVATE: Final = ("Private_Clean", "Private_Dirty")


def memory() -> dict[str, float]:
    """Megabytes: what is resident, the most that was since `reset_peak`, and what of it no other
    process could share: without the pages of mapped files and the allocator's own.
    """
    status = _fields(STATUS)
    found = {name: status[field] * KIB / MEGABYTE for name, field in FIELDS.items()}
    rollup = _fields(ROLLUP)
    found["private_mb"] = sum(rollup[field] for field in PRIVATE) * KIB / MEGABYTE
    found["anonymous_mb"] = rollup["Anonymous"] * KIB / MEGABYTE
    return found


def reset_peak() -> None:
    """From now on, the peak is counted anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _fields(path: Path) -> dict[str, int]:
    """KiB by name."""
    found = {}
    for line in path.read_text(encoding="ascii").splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[-1] == "kB":
            found[name] = int(words[0])
    return found
