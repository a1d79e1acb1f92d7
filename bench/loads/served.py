"""`python -m service serve` in a process of its own, as a benchmark needs it."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
SERVICE: Final = ("service",)
START_SEC: Final = 300.0  # at most; a large model is prepared at its first start
POLL_SEC: Final = 0.1
IDLE_SHARE: Final = 0.03  # of a core: less is no work
IDLE_SEC: Final = 0.3
ANSWER_SEC: Final = 10.0
UTIME: Final = 11  # of /proc/<pid>/stat, behind the name


@dataclass(frozen=True)
class Served:
    """A running server."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path
    temporary: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_sec(self) -> float:
        """What it and those that decode for it have used so far."""
        return cpu_sec(self.process.pid)

    def ready(self) -> bool:
        """Whether it says so."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self._asked("/readyz")[0] == http.client.OK
        return False

    def stats(self) -> Any:  # noqa: ANN401  # JSON
        """What /stats says."""
        return json.loads(self._asked("/stats")[1])

    def _asked(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SEC)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def wait_until_ready(self) -> None:
        """Raises RuntimeError where it ends, or does not get there."""
        deadline = time.monotonic() + START_SEC
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.ready():
                return
            time.sleep(POLL_SEC)
        raise RuntimeError(
            f"expected a server that gets ready, got: {self.log.read_text()[-2000:]}"
        )

    def wait_until_idle(self) -> None:
        """Until it has dropped or done what clients left behind."""
        before = -1.0
        while (now := self.cpu_sec()) - before > IDLE_SHARE * IDLE_SEC:
            before = now
            time.sleep(IDLE_SEC)


@contextlib.contextmanager
def serving(
    folder: Path,
    settings: Mapping[str, object],
    environment: Mapping[str, str] | None = None,
    *,
    command: Sequence[str] = SERVICE,
) -> Iterator[Served]:
    """A server with KOLVANI_* settings, ready; its log and temporary files lie in `folder`.

    command: the module that is run, and what it is told before `serve`.
    """
    served = started(folder, settings, environment, command=command)
    try:
        served.wait_until_ready()
        yield served
    finally:
        served.process.terminate()
        served.process.wait()


def started(
    folder: Path,
    settings: Mapping[str, object],
    environment: Mapping[str, str] | None = None,
    *,
    port: int | None = None,
    command: Sequence[str] = SERVICE,
) -> Served:
    """The same, not waited for; the caller ends it. port: a free one unless given."""
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if "KOLVANI_" not in name}
    told = {f"KOLVANI_{name.upper()}": str(value) for name, value in settings.items()}
    known = {"TMPDIR": str(temporary), "PYTHONPATH": str(ROOT), **(environment or {})}
    port, log = port or free_port(), folder / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  # the project's own command
            [sys.executable, "-m", *command, "serve", "--port", str(port)],
            cwd=folder,  # away from a developer's .env
            env={**inherited, **told, **known},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Served(port, process, log, temporary)


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def cpu_sec(pid: int) -> float:
    """A process's, with those of its children, whether they live or have been waited for."""
    return sum(_own_cpu_sec(one) for one in (pid, *children(pid)))


def children(pid: int) -> list[int]:
    """All processes that descend from one."""
    told = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has just ended
            told += [int(child) for child in task.read_text(encoding="ascii").split()]
    return told + [other for child in told for other in children(child)]


def _own_cpu_sec(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:  # it has just ended, and counts among its parent's
        return 0.0
    ticks = sum(int(field) for field in fields[UTIME : UTIME + 4])
    return ticks / os.sysconf("SC_CLK_TCK")
