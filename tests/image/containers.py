"""The image that deploy/image/build.sh left, and a container of it, started as an engine would."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "build/image"
START_TIMEOUT_SEC = 120.0
POLL_SEC = 0.05


@dataclass(frozen=True)
class Image:
    """An image's unpacked root and what it says of itself."""

    root: Path
    description: dict[str, Any]

    @cached_property
    def config(self) -> dict[str, Any]:
        """How an engine is to run it."""
        config: dict[str, Any] = self.description["Docker"]["config"]
        return config

    @cached_property
    def environment(self) -> dict[str, str]:
        """Its own variables."""
        return dict(item.split("=", 1) for item in self.config["Env"])

    @property
    def layer_bytes(self) -> int:
        """All layers, uncompressed: the size that engines show."""
        return sum(layer["size"] for layer in json.loads(self.description["Manifest"])["layers"])

    @cached_property
    def command(self) -> list[str]:
        """What runs where nothing else is asked for."""
        return [*self.config["Entrypoint"], *self.config["Cmd"]]


def built_image() -> Image:
    """What `make test-image` has just built."""
    described = BUILT / "image.json"
    if not described.is_file():
        raise FileNotFoundError(f"{described}: expected an image, got none: run `make test-image`")
    return Image((BUILT / "root").resolve(), json.loads(described.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Container:
    """The image's own command, running."""

    image: Image
    environment: dict[str, str]
    process: "subprocess.Popen[bytes]"
    log: Path

    @cached_property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.environment['KOLVANI_PORT']}"

    def client(self) -> httpx.Client:
        """A client that waits as long as a test may."""
        return httpx.Client(base_url=self.url, timeout=120.0)

    @cached_property
    def first_process(self) -> int:
        """Its process 1, by the number that it has outside."""
        outer = self.process.pid
        children = Path(f"/proc/{outer}/task/{outer}/children").read_text(encoding="ascii")
        return int(children)

    def status(self) -> dict[str, str]:
        """What the kernel says of process 1."""
        text = Path(f"/proc/{self.first_process}/status").read_text(encoding="ascii")
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run another command inside, as `docker exec` does."""
        user, _, group = self.image.config["User"].partition(":")
        return subprocess.run(
            [
                *("/usr/bin/nsenter", f"--target={self.first_process}", "--mount", "--pid"),
                *("--root", "--wd", f"--setuid={user}", f"--setgid={group}", "--", *command),
            ],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def stop(self) -> int:
        """Ask process 1 to end, as engines do; returns its exit status."""
        os.kill(self.first_process, getattr(signal, self.image.config["StopSignal"]))
        return self.process.wait(timeout=60)


@contextlib.contextmanager
def running(image: Image, folder: Path, **settings: str) -> Iterator[Container]:
    """Start it on a free port, wait until it is ready, and see that it is gone at the end."""
    temporary = folder / "tmp"
    temporary.mkdir()
    temporary.chmod(0o1777)
    environment = {**image.environment, **settings, "KOLVANI_PORT": str(_free_port())}
    log = folder / "log"
    where = [str(image.root), str(temporary), image.config["User"], image.config["WorkingDir"]]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(ROOT / "deploy/image/run.sh"), *where, *image.command],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    container = Container(image, environment, process, log)
    try:
        _wait_for(container)
        yield container
    finally:
        # The kernel forgets whose death is to end process 1 once that changes its user.
        with contextlib.suppress(ProcessLookupError, FileNotFoundError, ValueError):
            os.kill(container.first_process, signal.SIGKILL)  # and with it all in its namespace
        process.kill()
        process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for(container: Container) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SEC
    while time.monotonic() < deadline and container.process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{container.url}/readyz").status_code == httpx.codes.OK:
                return
        time.sleep(POLL_SEC)
    raise RuntimeError(f"not ready: {container.log.read_text(errors='replace')[-2000:]}")
