"""Replicas of the service, and a real proxy in front of them, from the files of deploy/proxy."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from servers import ROOT, free_port

from bench.loads.served import Served, started

EXAMPLES = ROOT / "deploy/proxy"
EXAMPLE_PORTS = ("8001", "8002")
EXAMPLE_LISTENS = "8080"
# Else its workers run as nobody, who may not enter a test's folder.
AS_ROOT = ("-g", "user root;") if os.geteuid() == 0 else ()
START_SEC = 60.0
STOP_SEC = 60.0
POLL_SEC = 0.05


class Replica:
    """One that can be stopped and started again at its port."""

    def __init__(self, folder: Path, settings: Mapping[str, object]) -> None:
        self._folder, self._settings = folder, settings
        self.port = free_port()
        self.served = self._start()

    @property
    def log(self) -> str:
        """Of all its lives."""
        return self.served.log.read_text(encoding="utf-8", errors="replace")

    def _start(self) -> Served:
        return started(self._folder, self._settings, {"PYTHONWARNINGS": "error"}, port=self.port)

    def stop(self) -> int:
        """SIGTERM, and its exit status."""
        self.served.process.send_signal(signal.SIGTERM)
        return self.served.process.wait(timeout=STOP_SEC)

    def start(self) -> None:
        """A new process, ready."""
        self.served = self._start()
        self.served.wait_until_ready()

    def kill(self) -> None:
        """At the end, whatever state it is in."""
        if self.served.process.poll() is None:
            self.served.process.terminate()
            self.served.process.wait(timeout=STOP_SEC)


@dataclass(frozen=True)
class Proxied:
    """replicas: in the order of the configuration."""

    url: str
    folder: Path
    replicas: Sequence[Replica]

    def client(self) -> httpx.Client:
        """One that waits as long as a test may."""
        return httpx.Client(base_url=self.url, timeout=120.0)


@contextlib.contextmanager
def behind(program: str, folder: Path, **settings: object) -> Iterator[Proxied]:
    """Two replicas with these settings behind nginx or haproxy, all ready."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: `make test-scaling` does it")
    told = {"models_dir": ROOT / "models", "workers": 1, **settings}
    with contextlib.ExitStack() as stack:
        replicas = [Replica(folder / f"replica-{index}", told) for index in range(2)]
        for replica in replicas:
            stack.callback(replica.kill)
        for replica in replicas:
            replica.served.wait_until_ready()
        url = stack.enter_context(proxy(program, folder, replicas))
        yield Proxied(url, folder, replicas)


@contextlib.contextmanager
def proxy(program: str, folder: Path, replicas: Sequence[Replica]) -> Iterator[str]:
    """The program, with the example's file but for its ports."""
    port = free_port()
    name = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}[program]
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    ports = [str(replica.port) for replica in replicas]
    for example, real in zip((EXAMPLE_LISTENS, *EXAMPLE_PORTS), (str(port), *ports), strict=True):
        assert f":{example}" in text
        text = text.replace(f":{example}", f":{real}")
    (folder / name).write_text(text, encoding="utf-8")
    command = {
        "nginx": ["nginx", "-p", str(folder), "-c", str(folder / name), *AS_ROOT],
        "haproxy": ["haproxy", "-f", str(folder / name)],
    }[program]
    log = folder / f"{program}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + START_SEC
        while not _answers(f"http://127.0.0.1:{port}/readyz"):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(POLL_SEC)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=STOP_SEC)


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url).status_code == httpx.codes.OK
    return False
