"""Clients: Debian's wrk, one connection a thread, each asking again as soon as it is answered.

https://github.com/wg/wrk. Its script (post.lua) writes a line a request, so that who was admitted
and who was refused can be told apart.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from bench.loads.clips import Clip
from bench.loopback import BOUNDARY

SCRIPT: Final = Path(__file__).with_name("post.lua")
OK: Final = 200
REFUSED: Final = 503
TIMEOUT_SEC: Final = 120
GRACE_SEC: Final = 60  # that wrk may take longer than it was told to

Manner = Literal["patient", "pushing"]


@dataclass(frozen=True)
class Request:
    """What came of one. clip: its number; began, ended: seconds of the monotonic clock."""

    status: int
    clip: int
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """Until the answer was there."""
        return self.ended - self.began


@dataclass(frozen=True)
class Heard:
    """What clients saw in a while. errors: wrk's own, of connections; wall_sec: from the first
    request to the last answer; cpu_sec: what wrk took.
    """

    requests: Sequence[Request]
    errors: str
    wall_sec: float
    cpu_sec: float

    def of(self, status: int) -> list[Request]:
        """Those with that status, by the time of their ends."""
        found = (request for request in self.requests if request.status == status)
        return sorted(found, key=lambda request: request.ended)

    @property
    def faults(self) -> int:
        """Answers that are neither 200 nor 503, and connections that failed."""
        wrong = sum(request.status not in (OK, REFUSED) for request in self.requests)
        return wrong + sum(int(word) for word in self.errors.split() if word.isdecimal())


def write_bodies(folder: Path, clips: Sequence[Clip], texts: dict[str, str]) -> None:
    """As the script wants them."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, clip in enumerate(clips):
        (folder / f"{index}.body").write_bytes(clip.body(texts))


def heard(
    url: str, bodies: Path, count: int, seconds: int, manner: Manner, path: str = "/transcribe"
) -> Heard:
    """So many clients for so long. patient: who is refused waits as Retry-After says; pushing: asks
    again at once. Raises RuntimeError where wrk fails, or a 503 has no Retry-After.
    """
    target = bodies / f"requests-{os.getpid()}.txt"
    command = ["wrk", "-t", str(count), "-c", str(count), "-d", f"{seconds}s"]
    command += ["--timeout", f"{TIMEOUT_SEC}s", "-s", str(SCRIPT), url, "--"]
    command += [str(bodies), str(target), manner, path, BOUNDARY]
    before = os.times()
    done = subprocess.run(  # noqa: S603  # the load generator, with arguments of ours
        command, capture_output=True, text=True, timeout=seconds + GRACE_SEC, check=False
    )
    after = os.times()
    if done.returncode:
        raise RuntimeError(f"wrk: {done.stderr or done.stdout}")
    cpu_sec = sum(after[2:4]) - sum(before[2:4])  # of children
    lines = [line for line in target.read_text(encoding="ascii").splitlines() if line]
    target.unlink()
    if "no Retry-After" in lines:
        raise RuntimeError("expected Retry-After with every 503, got one without")
    *told, errors = lines
    requests = [_request(line) for line in told]
    if not requests:
        raise RuntimeError(f"expected answers within {seconds} s, got none")
    wall_sec = max(one.ended for one in requests) - min(one.began for one in requests)
    return Heard(requests, errors.removeprefix("errors "), wall_sec, cpu_sec)


def _request(line: str) -> Request:
    status, clip, began, ended = line.split()
    return Request(int(status), int(clip), float(began), float(ended))
