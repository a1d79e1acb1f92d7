"""The gates, the order, deadlines and places, over real sockets."""

import concurrent.futures
import io
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from bundles import RATE, STRIDE, TOKENS, Opener, PlantedModel, write_bundle
from fastapi import FastAPI
from in_process import served
from numpy.typing import NDArray
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.app import create_app
from service.errors import InferenceError
from service.ops.settings import Settings
from service.serving.catalogue import Catalogue

WAIT_SEC = 60.0  # no test waits that long unless it fails
LIMITS = Settings(workers=1, max_queue=2, max_queue_audio_sec=60.0)
TIMEOUT = "Kolvani-Timeout-Sec"


class Stepped(PlantedModel):
    """Hears a window each time that it is let to; `heard` has their lengths in samples."""

    def __init__(self) -> None:
        super().__init__([1])
        self.held = False
        self.arrived = threading.Semaphore(0)  # windows that have come
        self.let = threading.Semaphore(0)

    def logits(self, model_input: NDArray[np.float32]) -> NDArray[np.float32]:
        """A letter in each frame."""
        if self.held:
            self.arrived.release()
            if not self.let.acquire(timeout=WAIT_SEC):
                raise InferenceError("expected to be let go, got no word")
        self.heard.append(len(model_input))
        frames = (len(model_input) - 400) // STRIDE + 1
        logits = np.zeros((frames, len(TOKENS)), np.float32)
        logits[:, 1] = 5.0
        return logits

    def wait(self) -> None:
        """Until a window has come."""
        assert self.arrived.acquire(timeout=WAIT_SEC)

    def free(self) -> None:
        """Let all go that have come, and that will."""
        self.held = False
        self.let.release(100)


@pytest.fixture
def model() -> Stepped:
    return Stepped()


@pytest.fixture
def url(tmp_path: Path, model: Stepped, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    write_bundle(tmp_path / "hebrew", id="hebrew")
    catalogue = Catalogue.read(tmp_path, opener=Opener({"hebrew": model}))
    catalogue.load_all()
    model.heard.clear()
    with served(monkeypatch, lambda: catalogue, LIMITS) as url:
        try:
            yield url
        finally:
            model.free()


@pytest.fixture
def threads() -> Iterator[concurrent.futures.ThreadPoolExecutor]:
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        yield threads


def noise(seconds: float, seed: int = 0) -> bytes:
    samples = np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE))
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), RATE, format="WAV")
    return buffer.getvalue()


def post(url: str, audio: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    files = {"audio": audio}
    return httpx.post(f"{url}/transcribe", files=files, headers=named, timeout=WAIT_SEC)


def pool(url: str) -> Any:  # noqa: ANN401  # JSON
    return httpx.get(f"{url}/stats").json()["pool"]


def until(condition: Callable[[], bool]) -> None:
    """A server's figures tell nobody when they change."""
    for _ in range(10_000):
        if condition():
            return
    pytest.fail("it never came to be")


def error_of(answer: httpx.Response, status: int, code: str) -> Any:  # noqa: ANN401  # JSON
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    return error


def connected(url: str, *, body_bytes: int = 4_000_000, more: str = "") -> socket.socket:
    """A connection that has sent the headers of a request, and no byte of its body."""
    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=WAIT_SEC)
    head = (
        f"POST /transcribe HTTP/1.1\r\nHost: {host}\r\nContent-Length: {body_bytes}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\n{more}\r\n"
    )
    connection.sendall(head.encode())
    return connection


def test_a_full_house_is_told_on_the_headers(url: str) -> None:
    """Bodies on their way hold places; the next one is refused before it is asked for its body; and
    clients that hang up free theirs.
    """
    inside = [connected(url) for _ in range(3)]
    until(lambda: pool(url)["arriving"] == 3)
    with connected(url, more="Expect: 100-continue\r\n") as refused:
        head = refused.recv(1 << 16)
    assert head.startswith(b"HTTP/1.1 503"), "and no 100 before it"
    assert b"retry-after: " in head
    for connection in inside:
        connection.close()
    until(lambda: pool(url)["admitted"] == 0)
    with connected(url, more="Expect: 100-continue\r\n") as welcome:
        assert welcome.recv(1 << 16).startswith(b"HTTP/1.1 100")


def test_too_much_audio_is_refused_with_the_facts(
    url: str, model: Stepped, threads: concurrent.futures.ThreadPoolExecutor
) -> None:
    """Beside others, by the budget; alone, more than all of it is served."""
    model.held = True
    first = threads.submit(post, url, noise(40))
    model.wait()
    assert pool(url)["audio_sec"] == {"hebrew": 40.0}
    answer = post(url, noise(30))
    error = error_of(answer, 503, "overloaded")
    assert (error["queued_audio_sec"], error["audio_sec"]) == (40.0, 30.0)
    assert error["max_queue_audio_sec"] == 60.0
    assert int(answer.headers["retry-after"]) == error["retry_after_sec"] >= 1
    model.free()
    assert first.result().status_code == 200
    assert post(url, noise(90, seed=1)).status_code == 200
    assert pool(url)["audio_sec"] == {}
    metrics = httpx.get(f"{url}/metrics").text
    assert 'kolvani_gate_refusals_total{gate="audio"} 1.0' in metrics
    assert "kolvani_retry_after_seconds_count 1.0" in metrics
    assert 'kolvani_model_speed_ratio{model="hebrew"}' in metrics


def test_a_short_request_is_answered_while_a_long_one_is_heard(
    url: str, model: Stepped, threads: concurrent.futures.ThreadPoolExecutor
) -> None:
    """On the only worker, after the window that is heard."""
    model.held = True
    long = threads.submit(post, url, noise(40))
    model.wait()
    short = threads.submit(post, url, noise(2, seed=1))
    until(lambda: pool(url)["waiting"] == 1)
    threading.Event().wait(0.05)  # a turn lasts that long at least
    model.let.release()
    model.wait()
    assert model.heard[-1] > 2 * RATE
    model.let.release()
    assert short.result().status_code == 200
    assert (model.heard[-1], long.done()) == (2 * RATE, False)
    model.free()
    answer = long.result().json()
    assert answer["duration_sec"] == 40.0
    assert answer["timings"]["queue"] > 0


class _Keyed:
    """Says whose a request is, as the check of keys does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["state"]["client"] = Headers(scope=scope).get("key", "")
        await self._app(scope, receive, send)


def test_another_keys_request_goes_before_more_of_the_same(
    tmp_path: Path,
    model: Stepped,
    monkeypatch: pytest.MonkeyPatch,
    threads: concurrent.futures.ThreadPoolExecutor,
) -> None:
    """Though it came later, and is longer."""

    def with_keys(settings: Settings) -> FastAPI:
        keyed = create_app(settings)
        keyed.add_middleware(_Keyed)
        return keyed

    monkeypatch.setattr("service.app.create_app", with_keys)
    write_bundle(tmp_path / "hebrew", id="hebrew")
    catalogue = Catalogue.read(tmp_path, opener=Opener({"hebrew": model}))
    with served(monkeypatch, lambda: catalogue, LIMITS) as url:
        assert post(url, noise(1)).status_code == 200  # the model is warm
        model.heard.clear()
        model.held = True
        asked = [threads.submit(post, url, noise(2, 1), key="many")]
        model.wait()
        for waiting, (key, seconds) in enumerate([("many", 3), ("one", 4)], 1):
            asked.append(threads.submit(post, url, noise(seconds), key=key))
            until(lambda count=waiting: pool(url)["waiting"] == count)  # type: ignore[misc]  # bound
        model.free()
        assert {one.result().status_code for one in asked} == {200}
    assert model.heard == [2 * RATE, 4 * RATE, 3 * RATE]


@pytest.mark.parametrize("value", ["0", "-1", "soon", "nan", "inf", ""])
def test_a_time_that_is_none_is_refused(url: str, value: str) -> None:
    """With the name of the header."""
    error = error_of(post(url, b"", Kolvani_Timeout_Sec=value), 400, "invalid_field")
    assert error["param"] == TIMEOUT


def test_time_that_goes_by_in_the_queue_is_told(
    url: str, model: Stepped, threads: concurrent.futures.ThreadPoolExecutor
) -> None:
    """504 while the first one is still heard, and its place is free."""
    model.held = True
    first = threads.submit(post, url, noise(2))
    model.wait()
    error = error_of(post(url, noise(1), Kolvani_Timeout_Sec="1.5"), 504, "deadline_exceeded")
    assert (error["stage"], error["timeout_sec"], error["worked_sec"]) == ("queue", 1.5, 0.0)
    assert error["waited_sec"] >= 1.5
    assert pool(url)["admitted"] == 1
    model.free()
    assert first.result().status_code == 200
    assert model.heard == [2 * RATE]


def test_work_whose_time_is_over_ends_at_the_next_window(
    url: str, model: Stepped, threads: concurrent.futures.ThreadPoolExecutor
) -> None:
    """Of many windows only one is heard."""
    model.held = True
    asked = threads.submit(post, url, noise(50), Kolvani_Timeout_Sec="0.5")
    model.wait()
    threading.Event().wait(0.6)
    model.let.release()
    error = error_of(asked.result(), 504, "deadline_exceeded")
    assert error["stage"] == "work"
    assert error["worked_sec"] > 0.4
    assert len(model.heard) == 1
    assert pool(url)["admitted"] == 0


def test_a_body_that_does_not_come_has_its_time(url: str) -> None:
    """It counts from the headers."""
    with connected(url, more=f"{TIMEOUT}: 0.3\r\n") as connection:
        answer = connection.recv(1 << 16)
        while b'"worked_sec"' not in answer:
            answer += connection.recv(1 << 16)
    assert answer.startswith(b"HTTP/1.1 504")
    assert b'"stage":"body"' in answer
    assert pool(url)["admitted"] == 0


def test_what_could_not_begin_in_time_is_told_at_once(
    url: str, model: Stepped, threads: concurrent.futures.ThreadPoolExecutor
) -> None:
    """503, not 504 later: the work ahead is longer than the time that there is."""
    model.held = True
    first = threads.submit(post, url, noise(30))
    model.wait()
    error = error_of(post(url, noise(20), Kolvani_Timeout_Sec="0.7"), 503, "overloaded")
    assert error["expected_wait_sec"] > error["timeout_sec"]
    model.free()
    assert first.result().status_code == 200


@pytest.mark.parametrize("begun", [True, False])
def test_a_client_that_goes_away_frees_its_place(
    url: str, model: Stepped, threads: concurrent.futures.ThreadPoolExecutor, begun: bool
) -> None:
    """Work that has not begun is dropped; work under way stops at the next window."""
    model.held = True
    first = None
    if not begun:
        first = threads.submit(post, url, noise(2))
        model.wait()
    form = httpx.Request("POST", f"{url}/transcribe", files={"audio": noise(50, seed=1)})
    body = form.read()
    boundary = f"Content-Type: {form.headers['content-type']}\r\n"
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=WAIT_SEC) as connection:
        head = f"POST /transcribe HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(f"{head}{boundary}\r\n".encode() + body)
        if begun:
            model.wait()
        else:
            until(lambda: pool(url)["waiting"] == 1)
    until(lambda: begun or pool(url)["admitted"] == 1)
    for _ in range(3):  # once it has answered these, the server knows of the closed connection
        pool(url)
    model.let.release()
    until(lambda: pool(url)["admitted"] == 0)
    counts = httpx.get(f"{url}/stats").json()["requests"]["transcribe"]
    assert counts["client_gone"] == 1
    assert len(model.heard) == 1
    if first is not None:
        assert first.result().status_code == 200
