"""Sets off all bombs in decoders of this process, and tells of each, a line of JSON."""

import io
import json
import resource
from collections.abc import Callable
from pathlib import Path

from bombs import BOMBS

from service.audio import Audio
from service.decoding.decoders import Decoders
from service.errors import KolvaniError

RATE, MAX_SEC = 16_000, 60.0


def outcome(work: Callable[[], Audio | float | None]) -> str:
    """A class of error, or `answered`."""
    try:
        result = work()
    except KolvaniError as error:
        return type(error).__name__
    if isinstance(result, Audio):
        result.close()
    return "answered"


def peak_bytes(pid: int) -> int:
    """The most memory that a living process has had."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def main() -> None:
    for name, make in BOMBS.items():
        bomb = io.BytesIO(make())
        decoders = Decoders(1)  # new ones, as peaks do not fall
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        told = {
            "name": name,
            "bytes": len(bomb.getvalue()),
            "measured": outcome(lambda: decoders.duration_sec(bomb)),  # noqa: B023  # called at once
            "decoded": outcome(lambda: decoders.decode(bomb, RATE, MAX_SEC)),  # noqa: B023  # called at once
            "peak_bytes": [peak_bytes(pid) for pid in decoders.pids],
            "grown_bytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - own) * 1024,
            "restarts": sum(decoders.restarts.values()),
        }
        decoders.close()
        # Of those that ended on their own, too: it does not fall either.
        told["dead_bytes"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        print(json.dumps(told), flush=True)  # noqa: T201  # what the test reads


if __name__ == "__main__":
    main()
