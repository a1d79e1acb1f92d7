"""stream=true on /transcribe and /align: progress, and then the answer that comes without it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from servers import Server, running_server

RATE = 16_000  # Hz
REPEATS = 6
Event = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server"), emission_cache_bytes=0) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def speech(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """A recording of several windows, and its text."""
    samples, _ = soundfile.read(root / "examples/he-1.wav", dtype="float32")
    text = (root / "examples/he-1.txt").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("speech") / "long.wav"
    soundfile.write(path, np.tile(samples, REPEATS), RATE)
    return path.read_bytes(), f"{text}\n" * REPEATS


def events_of(response: httpx.Response) -> list[Event]:
    """Name and data of each, in order."""
    assert response.headers["content-type"].startswith("text/event-stream")
    events = []
    for block in response.text.removesuffix("\n\n").split("\n\n"):
        name, data = block.split("\n")
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "timings"}


@pytest.mark.parametrize("route", ["/transcribe", "/align"])
def test_progress_goes_on_to_the_plain_answer(
    client: httpx.Client, speech: tuple[bytes, str], route: str
) -> None:
    """Stages in their order, seconds that never go back, and a result that is the plain answer."""
    audio, text = speech
    fields = {"language": "he"} | ({"transcript": text} if route == "/align" else {})
    plain, streamed = (
        client.post(route, files={"audio": audio}, data={**fields, "stream": flag})
        for flag in ("false", "true")
    )
    *progress, (last, result) = events_of(streamed.raise_for_status())
    assert {name for name, _ in progress} == {"progress"}
    assert last == "result"
    assert timeless(result) == timeless(plain.raise_for_status().json())
    stages = list(dict.fromkeys(data["stage"] for _, data in progress))
    assert stages == ["inference", "search"]
    done = [data["done_sec"] for _, data in progress]
    assert done == sorted(done)
    assert done[-1] == result["duration_sec"] == progress[-1][1]["duration_sec"]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"stream": "yes"}, 400, "invalid_field"),
        ({"stream": "true", "format": "srt"}, 400, "invalid_field"),
        ({"stream": "true", "formats": "json"}, 400, "invalid_field"),
        ({"stream": "true", "model": "nope"}, 404, "unknown_model"),
        ({"stream": "true", "transcript": " "}, 400, "empty_transcript"),
        ({"stream": "true", "transcript": "hello", "language": "he"}, 422, "nothing_to_align"),
    ],
)
def test_errors_before_any_progress_are_plain(
    client: httpx.Client, root: Path, fields: dict[str, str], status: int, code: str
) -> None:
    """A status and the one shape, as without events."""
    files = {"audio": (root / "examples/he-1.wav").read_bytes()}
    answer = client.post("/align", files=files, data={"transcript": "שלום", **fields})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_file_that_is_no_audio_is_a_plain_error(client: httpx.Client) -> None:
    """It is decoded before anything is told."""
    answer = client.post("/transcribe", files={"audio": b"%PDF-1.7"}, data={"stream": "true"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_audio")


def test_requests_with_events_are_counted_like_others(tmp_path: Path, root: Path) -> None:
    """One outcome each, and no place in the pool is kept."""
    files = {"audio": (root / "examples/he-1.wav").read_bytes()}
    with running_server(tmp_path) as server, server.client() as client:
        client.post("/transcribe", files=files, data={"stream": "true"}).raise_for_status()
        client.post("/transcribe", files={"audio": b"x"}, data={"stream": "true"})
        stats = client.get("/stats").json()
        assert stats["requests"]["transcribe"] == {"ok": 1, "unsupported_audio": 1}
        assert stats["pool"]["admitted"] == 0
        assert list(server.temporary.iterdir()) == []
