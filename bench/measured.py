"""A command's processor seconds and peak memory: python -m bench.measured FIGURES.json COMMAND...

A process of its own, that holds next to nothing: the peak that the system tells of a child counts
what its parent held when it was started.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

RSS_UNIT = 1024 if sys.platform == "linux" else 1  # of ru_maxrss


def main(figures: str, *command: str) -> int:
    """Run a command, its output untouched, and write its figures; returns its exit status."""
    began = time.monotonic()
    status = subprocess.run(command, check=False).returncode  # noqa: S603  # what was asked for
    wall_sec = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    document = {
        "status": status,
        "wall_sec": wall_sec,
        "cpu_sec": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * RSS_UNIT,
    }
    Path(figures).write_text(json.dumps(document), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
