"""Recordings, and how they are posted by clients that behave and by ones that do not."""

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import soundfile
from servers import ROOT, Server

RATE = 16_000  # Hz
LONG_SEC = 70  # more than stays in memory while it is decoded


def speech(seconds: float, path: Path = ROOT / "examples/he-1.wav") -> bytes:
    """So much of an example's speech, again and again, as a WAV file."""
    samples, rate = soundfile.read(path, dtype="int16")
    buffer = io.BytesIO()
    repeated = np.resize(samples, round(seconds * rate))
    soundfile.write(buffer, repeated, rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def post(client: httpx.Client, audio: bytes, **fields: str) -> httpx.Response:
    """A request for a transcript in Hebrew."""
    return client.post("/transcribe", files={"audio": audio}, data={"language": "he", **fields})


def code(response: httpx.Response) -> str:
    """That of an error, which has the one shape."""
    error = response.json()["error"]
    assert set(error) >= {"type", "code", "message", "param"}
    found: str = error["code"]
    return found


def message(url: str, audio: bytes, **fields: str) -> bytes:
    """All bytes of a request."""
    data = {"language": "he", **fields}
    form = httpx.Request("POST", f"{url}/transcribe", files={"audio": audio}, data=data)
    head = "".join(f"{key}: {value}\r\n" for key, value in form.headers.items())
    return f"POST /transcribe HTTP/1.1\r\n{head}\r\n".encode() + form.read()


def connected(server: Server) -> socket.socket:
    """A connection of one's own, to be closed by whoever asked for it."""
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def admitted(client: httpx.Client) -> int:
    """Requests that wait or are worked on."""
    count: int = client.get("/stats").json()["pool"]["admitted"]
    return count


def wait_for_work(client: httpx.Client, count: int = 1) -> None:
    """Until so many have been admitted."""
    while admitted(client) < count:
        pass


def wait_for_rest(client: httpx.Client) -> None:
    """Until nobody is served any more."""
    while admitted(client):
        pass


@contextmanager
def occupied(server: Server, seconds: float, count: int = 1) -> Iterator[list[httpx.Response]]:
    """Long requests under way while the block runs; what they came to is there at its end."""
    answers: list[httpx.Response] = []

    def ask() -> None:
        with server.client() as client:
            answers.append(post(client, audio))

    audio = speech(seconds)
    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        with server.client() as client:
            wait_for_work(client, count)
        yield answers
    finally:
        for thread in threads:
            thread.join()
