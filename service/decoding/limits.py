"""What a decoder may use of the machine. Called in the decoder, of itself."""

import contextlib
import math
import resource
from pathlib import Path
from typing import Final

# All but what it maps of files. It starts with 0.07 GB, and sound takes 0.02 GB more. The picture
# beside a sound takes the most, as FFmpeg looks at it to know what it is: 0.15 GB for 8K video.
MEMORY_BYTES: Final = 256 << 20
OPEN_FILES: Final = 32
OUTPUT_SLACK_BYTES: Final = 1 << 20

# CPU seconds. A second of MP3 takes 0.001.
CPU_SEC_OF_A_SECOND: Final = 0.1
CPU_SEC_AT_LEAST: Final = 20.0
CPU_SEC_WITHOUT_A_BLOCK: Final = 20.0
CPU_SEC_OF_MEASURING: Final = 5.0

OOM_SCORE: Final = Path("/proc/self/oom_score_adj")
FIRST_TO_GO: Final = "1000"


def restrict() -> None:
    """For good: memory, open files, no core dumps; the first to be killed where memory is out."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    _lower(resource.RLIMIT_DATA, MEMORY_BYTES)
    with contextlib.suppress(OSError):  # not on macOS, nor where /proc is read-only
        OOM_SCORE.write_text(FIRST_TO_GO, encoding="ascii")


class CpuLimit:
    """CPU time for one request, in all and from each decoded block to the next; the system ends the
    decoder by SIGXCPU where it is passed.
    """

    def __init__(self, total_sec: float) -> None:
        self._end = _used_sec() + total_sec
        self.progressed()

    def progressed(self) -> None:
        """A block has come."""
        until = min(self._end, _used_sec() + CPU_SEC_WITHOUT_A_BLOCK)
        _soften(resource.RLIMIT_CPU, math.ceil(until) + 1)


def cpu_sec_for(max_sec: float) -> float:
    """CPU seconds for decoding at most `max_sec` seconds of audio."""
    return CPU_SEC_AT_LEAST + CPU_SEC_OF_A_SECOND * max_sec


def limit_output(size_bytes: int) -> None:
    """Bytes that any file may grow to."""
    _soften(resource.RLIMIT_FSIZE, size_bytes + OUTPUT_SLACK_BYTES)


def _used_sec() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard == resource.RLIM_INFINITY or hard > value:
        resource.setrlimit(kind, (value, value))


def _soften(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, hard))
