"""The service on loopback in this process; its client in another one, whose time does not count."""

import contextlib
import http.client
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from bench.loads.served import cpu_sec
from service.app import create_app
from service.monitoring.logs import configure_logs
from service.ops.settings import Settings
from service.serving.catalogue import Catalogue

BOUNDARY: Final = "around"
POLL_SEC: Final = 0.01


@dataclass(frozen=True)
class Post:
    """A request with a form of files, field -> (name, content), and texts."""

    path: str
    files: dict[str, tuple[str, bytes]]
    texts: dict[str, str]

    def body(self) -> bytes:
        """As multipart/form-data."""
        parts = [
            f'name="{field}"; filename="{name}"'.encode() + b"\r\n\r\n" + content
            for field, (name, content) in self.files.items()
        ]
        parts += [f'name="{field}"\r\n\r\n{text}'.encode() for field, text in self.texts.items()]
        head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; ".encode()
        return b"".join(head + part + b"\r\n" for part in parts) + f"--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True)
class Loopback:
    """A running service. `client` sends to `port`; decoders: the processes that read uploads."""

    port: int
    client: ProcessPoolExecutor
    decoders: Callable[[], Sequence[int]]

    def cpu_seconds(self, post: Post, requests: int) -> float:
        """What one of so many equal requests, one after another, costs this process and its
        decoders, on average.
        """
        body = post.body()
        began = self._cpu_sec()
        self.client.submit(_send, self.port, post.path, body, requests).result()
        return (self._cpu_sec() - began) / requests

    def _cpu_sec(self) -> float:
        return time.process_time() + sum(map(cpu_sec, self.decoders()))


@contextlib.contextmanager
def loopback(catalogue: Catalogue, models_dir: Path) -> Iterator[Loopback]:
    """Serve a catalogue as `serve` does, its log written and thrown away.

    The cache of emissions holds a byte: each request is hashed for it and finds nothing.
    """
    settings = Settings.model_validate(
        {"models_dir": models_dir, "load": "first_use", "emission_cache_bytes": 1}
    )
    application = create_app(settings)
    config = uvicorn.Config(application, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    spawning = multiprocessing.get_context("spawn")
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        socket.create_server(("127.0.0.1", 0)) as listener,
        ProcessPoolExecutor(1, mp_context=spawning) as client,
    ):
        configure_logs("info", "json", nowhere)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            while not (server.started and application.state.resources.catalogue):
                time.sleep(POLL_SEC)
            application.state.resources.catalogue = catalogue
            resources = application.state.resources
            yield Loopback(listener.getsockname()[1], client, lambda: resources.decoders.pids)
        finally:
            server.should_exit = True
            thread.join()


def _send(port: int, path: str, body: bytes, requests: int) -> None:
    """Runs in the client's process. Raises RuntimeError for an answer that is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    for _ in range(requests):
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"expected an answer, got {answer.status}: {content[:500]!r}")
    connection.close()
