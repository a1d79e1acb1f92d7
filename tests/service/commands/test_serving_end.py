"""SIGTERM: what was let in is answered or handed back, nothing breaks off, and it ends in time."""

import concurrent.futures
import io
import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from servers import Server, running_server

RATE = 16_000
WAIT_SEC = 60.0
LONG_SEC = 240.0  # of audio: seconds of work
BODY_PART = b'--x\r\nContent-Disposition: form-data; name="audio"; filename="a"\r\n\r\n'
END = b"\r\n--x--\r\n"


def noise(seconds: float, seed: int) -> bytes:
    second = np.random.default_rng(seed).normal(0, 0.1, RATE)
    samples = np.tile(second, round(seconds))
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), RATE, format="WAV")
    return buffer.getvalue()


@pytest.fixture
def threads() -> Iterator[concurrent.futures.ThreadPoolExecutor]:
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        yield threads


def post(server: Server, audio: bytes, **fields: str) -> httpx.Response:
    data = {"language": "he", **fields}
    return httpx.post(
        f"{server.url}/transcribe", files={"audio": audio}, data=data, timeout=WAIT_SEC
    )


def until(condition: Callable[[], bool]) -> None:
    """A process tells nobody when its figures change."""
    deadline = time.monotonic() + WAIT_SEC
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"


def pool(server: Server) -> Any:  # noqa: ANN401  # JSON
    return httpx.get(f"{server.url}/stats").json()["pool"]


def half_sent(server: Server, audio: bytes) -> socket.socket:
    """A request of which half the recording has come."""
    host, port = server.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=WAIT_SEC)
    length = len(BODY_PART) + len(audio) + len(END)
    head = (
        f"POST /transcribe HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    connection.sendall(head.encode() + BODY_PART + audio[: len(audio) // 2])
    return connection


def answered(connection: socket.socket) -> tuple[int, Any]:
    """Status and JSON of a whole answer, after which the connection is closed."""
    received = b""
    while block := connection.recv(1 << 16):
        received += block
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def events_of(answer: httpx.Response) -> list[tuple[str, Any]]:
    """Names and data."""
    blocks = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    return [
        (lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: ")))
        for lines in blocks
        if len(lines) == 2
    ]


def stop(server: Server) -> float:
    """When it was told to."""
    server.process.send_signal(signal.SIGTERM)
    return time.monotonic()


def test_what_was_let_in_is_answered(
    tmp_path: Path, threads: concurrent.futures.ThreadPoolExecutor
) -> None:
    """One is heard, one streams, two wait, and of one half the body has come; whoever comes later
    is sent elsewhere, and the probes tell.
    """
    with running_server(tmp_path, workers=2, grace_sec=60) as server:
        heard = threads.submit(post, server, noise(LONG_SEC, 1))
        streamed = threads.submit(post, server, noise(LONG_SEC, 2), stream="true")
        until(lambda: pool(server)["running"] == min(2, pool(server)["workers"]))
        waiting = [threads.submit(post, server, noise(60, seed)) for seed in (3, 4)]
        audio = noise(3, 5)
        with half_sent(server, audio) as connection:
            until(lambda: pool(server)["admitted"] == 5)
            stop(server)
            until(lambda: httpx.get(f"{server.url}/readyz").status_code == 503)
            ready = httpx.get(f"{server.url}/readyz")
            assert ready.json()["error"]["code"] == "stopping"
            assert httpx.get(f"{server.url}/health").status_code == 200
            late = post(server, noise(1, 6))
            assert (late.status_code, late.json()["error"]["code"]) == (503, "stopping")
            assert int(late.headers["retry-after"]) >= 1
            assert late.headers["connection"] == "close"
            assert pool(server)["stopping"] is True
            connection.sendall(audio[len(audio) // 2 :] + END)
            status, body = answered(connection)
        assert (status, body["duration_sec"]) == (200, 3.0)
        for asked, seconds in ((heard, LONG_SEC), *((one, 60.0) for one in waiting)):
            assert asked.result().json()["duration_sec"] == seconds
        name, last = events_of(streamed.result())[-1]
        assert (name, last["duration_sec"]) == ("result", LONG_SEC)
        assert server.process.wait(timeout=WAIT_SEC) == 0
        assert not server.has_logged_errors()
    assert list(server.temporary.iterdir()) == []


def test_what_cannot_be_answered_in_time_is_handed_back(
    tmp_path: Path, threads: concurrent.futures.ThreadPoolExecutor
) -> None:
    """503 with a whole body, or a last event, before the grace is over; and then it is gone."""
    grace_sec = 3.0
    with running_server(tmp_path, workers=1, grace_sec=grace_sec, max_queue_audio_sec=0) as server:
        hours = noise(5400, 1)  # whatever of it can be heard in that time
        streamed = threads.submit(post, server, hours, stream="true")
        until(lambda: pool(server)["running"] == 1)
        until(lambda: bool(pool(server)["audio_sec"]))
        waiting = [threads.submit(post, server, noise(3600, seed)) for seed in (2, 3)]
        with half_sent(server, noise(3, 4)) as connection:
            until(lambda: pool(server)["waiting"] == 2 and pool(server)["admitted"] == 4)
            told_at = stop(server)
            status, body = answered(connection)
            assert (status, body["error"]["code"]) == (503, "stopping")
            for asked in waiting:
                answer = asked.result()
                assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stopping")
                assert int(answer.headers["retry-after"]) >= 1
            answer = streamed.result()
            if answer.status_code == 200:
                name, last = events_of(answer)[-1]
                assert (name, last["error"]["code"]) == ("error", "stopping")
            else:
                assert answer.json()["error"]["code"] == "stopping"
        assert server.process.wait(timeout=WAIT_SEC) == 0
        assert time.monotonic() - told_at < 2 * grace_sec + WAIT_SEC / 4
        assert not server.has_logged_errors()
    assert list(server.temporary.iterdir()) == []


def test_an_idle_server_is_gone_at_once(tmp_path: Path) -> None:
    """Its grace is for those who wait."""
    with running_server(tmp_path, grace_sec=3600) as server:
        stop(server)
        assert server.process.wait(timeout=WAIT_SEC) == 0


def test_a_second_signal_ends_the_grace(
    tmp_path: Path, threads: concurrent.futures.ThreadPoolExecutor
) -> None:
    """It does not wait for the hour that is being heard."""
    with running_server(tmp_path, workers=1, grace_sec=3600) as server:
        asked = threads.submit(post, server, noise(1800, 1))
        until(lambda: pool(server)["running"] == 1)
        stop(server)
        until(lambda: httpx.get(f"{server.url}/readyz").status_code == 503)
        stop(server)
        server.process.wait(timeout=WAIT_SEC)
        assert isinstance(asked.exception(), httpx.TransportError) or (
            asked.result().status_code == 503
        )
