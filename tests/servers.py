"""A real server in a process of its own, on loopback, stopped by its process id."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
START_TIMEOUT_SEC = 60.0
POLL_SEC = 0.05


@dataclass(frozen=True)
class Server:
    """A running server: its address, process, log, and its private temporary folder."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path
    temporary: Path

    def has_logged_errors(self) -> bool:
        """Whether the log tells of an error that nobody caught, in a request or outside of any."""
        log = self.log.read_text(encoding="utf-8", errors="replace")
        return "Traceback" in log or '"error_type"' in log

    def client(self) -> httpx.Client:
        """A client that waits as long as a test may."""
        return httpx.Client(base_url=self.url, timeout=60.0)


@contextlib.contextmanager
def running_server(
    folder: Path, *, ready: bool = True, extra_path: Path | None = None, **settings: object
) -> Iterator[Server]:
    """`python -m service serve` with KOLVANI_* settings; waits until it is ready or just alive.

    extra_path: a folder from which Python imports first.
    """
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)  # a test may have brought a disk for it
    port = free_port()
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("KOLVANI_")
    }
    settings = {"models_dir": ROOT / "models", **settings}
    environment |= {f"KOLVANI_{name.upper()}": str(value) for name, value in settings.items()}
    environment |= {"TMPDIR": str(temporary), "PYTHONWARNINGS": "error", "PYTHONPATH": str(ROOT)}
    if extra_path is not None:
        environment["PYTHONPATH"] = f"{extra_path}:{ROOT}"
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve", "--port", str(port)],
            cwd=folder,  # away from a developer's .env
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", process, log, temporary)
    try:
        _wait_for(server, "/readyz" if ready else "/health")
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for(server: Server, path: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SEC
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(server.url + path).status_code == httpx.codes.OK:
                return
        time.sleep(POLL_SEC)
    raise RuntimeError(f"no answer from {path}: {server.log.read_text(errors='replace')[-2000:]}")
