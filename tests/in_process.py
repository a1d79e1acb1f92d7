"""A server in a thread of the test's own process, with models that the test brings."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
import uvicorn

from service import app
from service.ops.settings import Settings
from service.serving.catalogue import Catalogue

START_TIMEOUT_SEC = 60.0


@contextlib.contextmanager
def served(
    monkeypatch: pytest.MonkeyPatch, catalogue: Callable[[], Catalogue], settings: Settings
) -> Iterator[str]:
    """The address of a server of these models, ready."""
    monkeypatch.setattr(app, "_open_catalogue", lambda *_: catalogue())
    config = uvicorn.Config(app.create_app(settings), log_config=None, log_level="error")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:  # connections wait until it listens
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            _wait_for(url)
            yield url
        finally:
            server.should_exit = True
            thread.join(START_TIMEOUT_SEC)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SEC
    while httpx.get(f"{url}/readyz").status_code != httpx.codes.OK:
        if time.monotonic() > deadline:
            raise RuntimeError("expected a server that is ready, got one that is not")
