"""Silence that is skipped, over a real server: who may ask for it, and what is told."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest
import soundfile
from servers import Server, running_server

RATE = 16_000
PAUSE_SEC = 14.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server"), max_audio_sec=120) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def clips(root: Path) -> list[np.ndarray[Any, Any]]:
    names = ("he-1", "he-2")
    return [soundfile.read(root / f"examples/{name}.wav", dtype="float32")[0] for name in names]


def recording(clips: list[np.ndarray[Any, Any]], seed: int) -> bytes:
    """Two clips with a pause between, in a room whose noise no other recording has."""
    one, two = clips
    waveform = np.concatenate([one, np.zeros(round(PAUSE_SEC * RATE), np.float32), two])
    waveform += np.random.default_rng(seed).normal(0, 0.001, len(waveform)).astype(np.float32)
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, RATE, format="WAV")
    return buffer.getvalue()


def post(client: httpx.Client, path: str, audio: bytes, **fields: str) -> dict[str, Any]:
    response = client.post(path, files={"audio": audio}, data={"language": "he", **fields})
    answer: dict[str, Any] = response.raise_for_status().json()
    return answer


def test_skipped_silence_is_told_and_words_stay_in_place(
    client: httpx.Client, clips: list[np.ndarray[Any, Any]]
) -> None:
    """In seconds of the recording; without `vad` all is heard."""
    audio = recording(clips, 1)
    full, skipping = (
        post(client, "/transcribe", audio),
        post(client, "/transcribe", audio, vad="auto"),
    )
    assert full["skipped"] == []
    (span,) = skipping["skipped"]
    assert span["end"] - span["start"] > PAUSE_SEC - 3
    assert "vad" in skipping["timings"]
    assert "vad" not in full["timings"]
    ends = [answer["words"][-1]["start"] for answer in (full, skipping)]
    assert ends[0] == pytest.approx(ends[1], abs=0.05)
    assert len(client.get("/metrics").text.split('stage="vad"')) > 1


def test_what_was_heard_with_silence_skipped_serves_no_alignment(
    client: httpx.Client, clips: list[np.ndarray[Any, Any]], root: Path
) -> None:
    """/align hears the recording itself; either kind is kept for those who ask for it again."""
    audio = recording(clips, 2)
    assert not post(client, "/transcribe", audio, vad="auto")["cached"]
    assert post(client, "/transcribe", audio, vad="auto")["cached"]
    assert len(post(client, "/transcribe", audio, vad="auto")["skipped"]) == 1
    text = (root / "examples/he-1.txt").read_text(encoding="utf-8")
    assert not post(client, "/align", audio, transcript=text, vad="auto")["cached"]
    assert post(client, "/align", audio, transcript=text)["cached"]
    full = post(client, "/transcribe", audio)
    assert (full["cached"], full["skipped"]) == (True, [])


def test_another_vad_is_refused(client: httpx.Client, clips: list[np.ndarray[Any, Any]]) -> None:
    """With the known ones."""
    response = client.post("/transcribe", files={"audio": recording(clips, 3)}, data={"vad": "on"})
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["param"]) == ("invalid_field", "vad")
    assert "off, auto" in error["message"]


STRATEGIES: list[Any] = [
    "auto",
    {"type": "server_vad"},
    {"type": "server_vad", "threshold": 0.4, "prefix_padding_ms": 300, "silence_duration_ms": 200},
]


@pytest.mark.parametrize("index", range(len(STRATEGIES)))
def test_openais_clients_skip_silence(
    server: Server, client: httpx.Client, clips: list[np.ndarray[Any, Any]], index: int
) -> None:
    """By `auto` or by an object, as the official client sends it; members of answers stay OpenAI's,
    and no field is without effect.
    """
    audio = recording(clips, 10 + index)
    before = heard_with_vad(client)
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as official:
        answer = official.audio.transcriptions.with_raw_response.create(
            file=("a.wav", audio),
            model="he-demo",
            chunking_strategy=STRATEGIES[index],
            response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
        )
    assert "kolvani-ignored" not in answer.headers
    parsed = answer.parse()
    assert "skipped" not in parsed.to_dict()
    assert parsed.words is not None
    assert parsed.words[-1].end > PAUSE_SEC
    assert heard_with_vad(client) == before + 1


def heard_with_vad(client: httpx.Client) -> float:
    """How often the detector has run."""
    lines = client.get("/metrics").text.splitlines()
    counts = [line for line in lines if "_count{" in line and 'stage="vad"' in line]
    return sum(float(line.split()[-1]) for line in counts)


@pytest.mark.parametrize(
    "fields",
    [
        {"chunking_strategy": "semantic_vad"},
        {"chunking_strategy": "[1]"},
        {"chunking_strategy": "[" * 20_000},
        {"chunking_strategy": '{"type": "semantic_vad"}'},
        {"chunking_strategy": '{"threshold": 0.5}'},
        {"chunking_strategy": '{"type": "server_vad", "eagerness": "low"}'},
        {"chunking_strategy": '{"type": "server_vad", "threshold": 1.5}'},
        {"chunking_strategy": '{"type": "server_vad", "threshold": true}'},
        {"chunking_strategy[type]": "server_vad", "chunking_strategy[threshold]": "loud"},
        {"chunking_strategy[type]": "server_vad", "chunking_strategy[prefix_padding_ms]": "-1"},
        {"chunking_strategy[type]": "server_vad", "chunking_strategy[silence_duration_ms]": "1e9"},
        {"chunking_strategy[threshold]": "0.5"},
    ],
)
def test_another_strategy_is_refused(
    client: httpx.Client, clips: list[np.ndarray[Any, Any]], fields: dict[str, str]
) -> None:
    """With what was expected, whatever came."""
    response = client.post(
        "/v1/audio/transcriptions", files={"file": recording(clips, 5)}, data=fields
    )
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["param"]) == ("invalid_field", "chunking_strategy")
    assert "expected" in error["message"]
