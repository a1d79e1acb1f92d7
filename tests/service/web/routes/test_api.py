"""The HTTP interface, over a real server, with the embedded models."""

import concurrent.futures
import io
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from servers import Server, running_server

from service import errors
from service.app import STATUSES

RATE = 16_000  # Hz
CLIPS = ("he-1", "he-2", "he-3", "hi-1", "hi-2", "hi-3")
STAGES = {"queue", "decode", "language", "features", "inference", "search"}
MODELS = ["he-demo", "hi-demo"]
MAX_UPLOAD_BYTES = 8 << 20
MAX_AUDIO_SEC = 60
LONG_SEC = 70  # more than stays in memory
ERROR_KEYS = {"type", "code", "message", "param"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with running_server(
        folder, max_upload_bytes=MAX_UPLOAD_BYTES, max_audio_sec=MAX_AUDIO_SEC
    ) as running:
        yield running


@pytest.fixture(scope="module")
def examples(root: Path) -> Path:
    return root / "examples"


def wav(samples: np.ndarray[Any, Any], subtype: str = "PCM_16", rate: int = RATE) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV", subtype=subtype)
    return buffer.getvalue()


def noise(seconds: float) -> bytes:
    samples = np.random.default_rng(0).normal(0, 0.1, int(seconds * RATE))
    return wav(np.clip(samples, -1, 1))


def fault(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The error object of a response, after checking that it has the one shape."""
    assert response.status_code == status, response.text
    body = response.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) >= ERROR_KEYS
    assert error["code"] == code
    assert error["message"]
    return error


@pytest.mark.parametrize("clip", CLIPS)
def test_transcribe_answers_with_words_and_times(
    client: httpx.Client, examples: Path, clip: str
) -> None:
    """Text, ordered words within the audio, duration, language, model and the stages' times; the
    language is heard.
    """
    audio = (examples / f"{clip}.wav").read_bytes()
    answer = client.post("/transcribe", files={"audio": audio}).raise_for_status().json()
    assert answer["text"] == " ".join(word["word"] for word in answer["words"])
    language = clip.partition("-")[0]
    assert (answer["language"], answer["model"]) == (language, f"{language}-demo")
    assert answer["choice"]["by"] == "certainty"
    assert set(answer["timings"]) == STAGES
    check_words(answer)


@pytest.mark.parametrize("clip", CLIPS)
def test_align_places_every_written_word(
    client: httpx.Client, examples: Path, root: Path, clip: str
) -> None:
    """Each word of the text comes back as written, its start near the synthesiser's own onset."""
    audio = (examples / f"{clip}.wav").read_bytes()
    text = (examples / f"{clip}.txt").read_text(encoding="utf-8")
    answer = client.post("/align", files={"audio": audio}, data={"transcript": text})
    answer = answer.raise_for_status().json()
    assert [word["word"] for word in answer["words"]] == text.split()
    assert {word["status"] for word in answer["words"]} == {"aligned"}
    assert 0 <= answer["score"] <= 1
    check_words(answer)
    assert answer["choice"]["by"] == "script"
    golden = root / f"tests/golden/{clip.partition('-')[0]}-clips.json"
    onsets = json.loads(golden.read_text(encoding="utf-8"))[clip]
    errors = [abs(w["start"] - onset) for w, onset in zip(answer["words"], onsets, strict=True)]
    assert np.median(errors) <= 0.04


def test_align_times_the_characters_where_asked(client: httpx.Client, examples: Path) -> None:
    """Every character of the text but spaces, in order, within its word; words stay the same."""
    files = {"audio": (examples / "he-1.wav").read_bytes()}
    text = (examples / "he-1.txt").read_text(encoding="utf-8")
    plain, asked = (
        client.post("/align", files=files, data={"transcript": text, "characters": flag})
        .raise_for_status()
        .json()
        for flag in ("false", "true")
    )
    assert plain["characters"] is None
    assert plain["words"] == asked["words"]
    characters = iter(asked["characters"])
    for word in asked["words"]:
        place = word["start"]
        for offset, char in enumerate(word["word"]):
            item = next(characters)
            assert set(item) == {"char", "start", "end", "score", "status", "char_start"}
            assert (item["char"], item["char_start"]) == (char, word["char_start"] + offset)
            assert place <= item["start"] <= item["end"] <= word["end"]
            assert (item["status"], item["score"]) == ("interpolated", None) or item["score"] > 0
            place = item["end"]
    assert next(characters, None) is None


def check_words(answer: dict[str, Any]) -> None:
    place = 0.0
    for word in answer["words"]:
        assert place <= word["start"] < word["end"] <= answer["duration_sec"]
        assert 0 <= word["score"] <= 1
        place = word["end"]


def test_field_names_that_clients_use_are_taken(client: httpx.Client, examples: Path) -> None:
    """`file` for `audio`, a text file for the text, and the model by name or language."""
    audio = (examples / "he-1.wav").read_bytes()
    text = (examples / "he-1.txt").read_bytes()
    expected = client.post("/align", files={"audio": audio}, data={"transcript": text.decode()})
    for fields in ({"model": "he-demo"}, {"language": "he"}, {"model": "he-demo", "language": ""}):
        files = {"file": audio, "transcript": ("a.txt", b"\xef\xbb\xbf" + text)}
        answer = client.post("/align", files=files, data=fields).raise_for_status()
        assert answer.json()["words"] == expected.json()["words"]


def test_a_recording_at_another_rate_gives_the_same_words(
    client: httpx.Client, examples: Path
) -> None:
    """Stereo at 44.1 kHz is resampled; the text stays, and the times within two frames."""
    samples, rate = soundfile.read(examples / "he-1.wav", dtype="float32")
    position = np.arange(0, len(samples), rate / 44_100)
    stereo = np.stack([np.interp(position, np.arange(len(samples)), samples)] * 2, axis=1)
    text = {"transcript": (examples / "he-1.txt").read_text()}
    plain = client.post("/align", files={"audio": wav(samples)}, data=text).json()
    other = client.post("/align", files={"audio": wav(stereo, rate=44_100)}, data=text).json()
    for word, same in zip(plain["words"], other["words"], strict=True):
        assert word["start"] == pytest.approx(same["start"], abs=0.041)


def test_32_concurrent_requests_answer_as_sequential_ones(
    client: httpx.Client, examples: Path
) -> None:
    """Requests share one session and nothing else."""
    clips = [(examples / f"{clip}.wav").read_bytes() for clip in CLIPS]

    def words(number: int) -> Any:  # noqa: ANN401  # JSON
        audio = clips[number % len(clips)]
        return client.post("/transcribe", files={"audio": audio}).raise_for_status().json()["words"]

    sequential = [words(number) for number in range(len(clips))]
    with concurrent.futures.ThreadPoolExecutor(32) as threads:
        concurrent_words = list(threads.map(words, range(32)))
    assert concurrent_words == [sequential[number % len(clips)] for number in range(32)]


def test_silence_is_an_empty_text_and_cannot_be_aligned(client: httpx.Client) -> None:
    """200 and no words for /transcribe, 422 for /align."""
    silence = wav(np.zeros(RATE))
    answer = client.post("/transcribe", files={"audio": silence}).raise_for_status().json()
    assert (answer["text"], answer["words"], answer["duration_sec"]) == ("", [], 1.0)
    response = client.post("/align", files={"audio": silence}, data={"transcript": "שלום"})
    fault(response, 422, "no_speech")


@pytest.mark.parametrize("samples", [1, 399])
def test_very_short_audio_is_padded_and_says_so(client: httpx.Client, samples: int) -> None:
    """Less than the receptive field is served with a warning."""
    audio = wav(np.full(samples, 0.5))
    answer = client.post("/transcribe", files={"audio": audio}).raise_for_status().json()
    assert "padded" in answer["warnings"][0]


SHALOM = {"transcript": "שלום"}
REFUSED: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "no form": ("/align", {"json": {}}, 400, "invalid_field"),
    "no audio": ("/transcribe", {"files": {"other": b"x"}}, 400, "missing_field"),
    "audio as text": (
        "/transcribe",
        {"data": {"audio": "x"}, "files": {"other": b"x"}},
        400,
        "invalid_field",
    ),
    "no transcript": ("/align", {"files": {"audio": noise(1)}}, 400, "missing_field"),
    "empty transcript": (
        "/align",
        {"files": {"audio": noise(1)}, "data": {"transcript": " \n"}},
        400,
        "empty_transcript",
    ),
    "transcript too large": (
        "/align",
        {"files": {"audio": noise(1)}, "data": {"transcript": "שלום " * 480_000}},
        413,
        "upload_too_large",
    ),
    "transcript file too large": (
        "/align",
        {"files": {"audio": noise(1), "transcript": b"x " * 2_200_000}},
        413,
        "upload_too_large",
    ),
    "empty transcript file": (
        "/align",
        {"files": {"audio": noise(1), "transcript": b""}},
        400,
        "empty_transcript",
    ),
    "transcript that is no UTF-8": (
        "/align",
        {"files": {"audio": noise(1), "transcript": b"\xff\xfe"}},
        400,
        "invalid_field",
    ),
    "nothing to align": (
        "/align",
        {"files": {"audio": noise(1)}, "data": {"transcript": "hello OK", "language": "he"}},
        422,
        "nothing_to_align",
    ),
    "nothing to choose a language by": (
        "/align",
        {"files": {"audio": noise(1)}, "data": {"transcript": "hello 42"}},
        422,
        "undecided_language",
    ),
    "text longer than the audio": (
        "/align",
        {"files": {"audio": noise(1)}, "data": {"transcript": "שלום " * 40}},
        422,
        "transcript_too_long",
    ),
    "unknown model": (
        "/transcribe",
        {"files": {"audio": noise(1)}, "data": {"model": "nope"}},
        404,
        "unknown_model",
    ),
    "unknown language": (
        "/transcribe",
        {"files": {"audio": noise(1)}, "data": {"language": "xx"}},
        404,
        "unknown_language",
    ),
    "language of another model": (
        "/transcribe",
        {"files": {"audio": noise(1)}, "data": {"language": "hi", "model": "he-demo"}},
        400,
        "invalid_field",
    ),
    "no audio format": (
        "/transcribe",
        {"files": {"audio": ("a.wav", b"%PDF-1.7")}},
        415,
        "unsupported_audio",
    ),
    "corrupt audio": (
        "/transcribe",
        {"files": {"audio": b"fLaC" + bytes(64)}},
        422,
        "corrupt_audio",
    ),
    "audio too long": ("/transcribe", {"files": {"audio": noise(60.5)}}, 413, "audio_too_long"),
    "audio longer than asked for": (
        "/transcribe",
        {"files": {"audio": noise(1)}, "data": {"max_audio_sec": "0.5"}},
        413,
        "audio_too_long",
    ),
    "limit above the server's": (
        "/transcribe",
        {"files": {"audio": noise(1)}, "data": {"max_audio_sec": "61"}},
        400,
        "invalid_field",
    ),
    "limit that is no number": (
        "/transcribe",
        {"files": {"audio": noise(1)}, "data": {"max_audio_sec": "nan"}},
        400,
        "invalid_field",
    ),
    "characters that are neither": (
        "/align",
        {"files": {"audio": noise(1)}, "data": {"transcript": "שלום", "characters": "yes"}},
        400,
        "invalid_field",
    ),
    "characters that are neither, of a transcription": (
        "/transcribe",
        {"files": {"audio": noise(1)}, "data": {"characters": "yes"}},
        400,
        "invalid_field",
    ),
    "no samples": ("/transcribe", {"files": {"audio": wav(np.zeros(0))}}, 422, "empty_audio"),
    "no bytes": ("/transcribe", {"files": {"audio": b""}}, 422, "empty_audio"),
    "not a number": (
        "/transcribe",
        {"files": {"audio": wav(np.array([0.1, np.nan]), "FLOAT")}},
        422,
        "invalid_samples",
    ),
    "infinite": (
        "/align",
        {"files": {"audio": wav(np.array([0.1, np.inf]), "FLOAT")}, "data": SHALOM},
        422,
        "invalid_samples",
    ),
    "no such path": ("/nope", {}, 404, "unknown_path"),
    "wrong method": ("/health", {}, 405, "method_not_allowed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_served_is_refused_with_facts(client: httpx.Client, case: str) -> None:
    """Each error has its status, its code and the one shape; none is a 500."""
    path, request, status, code = REFUSED[case]
    error = fault(client.post(path, **request), status, code)
    assert error["type"] == "invalid_request_error"


def test_errors_carry_their_facts(client: httpx.Client) -> None:
    """Known names, both figures of the fit, the limit, and what was recognised."""
    case = REFUSED["unknown model"]
    assert fault(client.post(case[0], **case[1]), 404, "unknown_model")["known"] == MODELS
    case = REFUSED["text longer than the audio"]
    error = fault(client.post(case[0], **case[1]), 422, "transcript_too_long")
    assert error["frames_needed"] > error["frames"] == 49
    case = REFUSED["audio too long"]
    assert (
        fault(client.post(case[0], **case[1]), 413, "audio_too_long")["max_audio_sec"]
        == MAX_AUDIO_SEC
    )
    case = REFUSED["no audio format"]
    error = fault(client.post(case[0], **case[1]), 415, "unsupported_audio")
    assert error["recognized"] == "a PDF document"
    case = REFUSED["characters that are neither"]
    error = fault(client.post(case[0], **case[1]), 400, "invalid_field")
    assert error["param"] == "characters"
    assert error["message"] == "expected true or false in the field characters, got 'yes'"


@pytest.mark.parametrize("body", [b"", b"--x\r\n", b"--x\r\nnonsense\r\n\r\n--x--", b"\xff" * 100])
def test_a_malformed_form_is_refused(client: httpx.Client, body: bytes) -> None:
    """Bodies that are no form are 400, whatever they are."""
    headers = {"content-type": "multipart/form-data; boundary=x"}
    response = client.post("/transcribe", content=body, headers=headers)
    assert response.status_code == 400
    assert set(response.json()["error"]) >= ERROR_KEYS


@pytest.mark.parametrize("charset", ["utf-7", "undefined", "punycode", "utf-16", "", "no-such"])
@pytest.mark.parametrize("path", ["/transcribe", "/align"])
def test_a_form_in_another_charset_is_refused(
    client: httpx.Client, path: str, charset: str
) -> None:
    """Some decode to half characters and some to nothing; utf-8, or none said, is taken."""
    head = b'--XX\r\nContent-Disposition: form-data; name="'
    audio = head + b'audio"; filename="a.wav"\r\n\r\n' + noise(1) + b"\r\n"
    transcript = head + b'transcript"\r\n\r\n+BekF3AXVBd0- +2AA-\r\n'
    headers = {"content-type": f'multipart/form-data; boundary=XX; charset="{charset}"'}
    content = audio + transcript + b"--XX--\r\n"
    error = fault(client.post(path, content=content, headers=headers), 400, "invalid_field")
    assert error["param"] == "content-type"
    for same in ("; charset=utf-8", "; charset=UTF8", ""):
        headers = {"content-type": f"multipart/form-data; boundary=XX{same}"}
        client.post("/transcribe", content=content, headers=headers).raise_for_status()


def first_answer(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of a response that comes while the request is not whole."""
    received = b""
    while b"\r\n\r\n" not in received or not received.endswith(b"}"):
        block = connection.recv(1 << 16)
        assert block, "the connection was closed without an answer"
        received += block
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize("declared", [True, False])
def test_too_large_a_body_is_refused_while_it_streams_in(server: Server, declared: bool) -> None:
    """413 names the limit: on the headers where they tell the size, else once it is passed."""
    host, port = server.url.removeprefix("http://").split(":")
    length = f"Content-Length: {MAX_UPLOAD_BYTES * 8}" if declared else "Transfer-Encoding: chunked"
    part = b'--x\r\nContent-Disposition: form-data; name="audio"; filename="a"\r\n\r\n'
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        request = (
            f"POST /transcribe HTTP/1.1\r\nHost: {host}\r\n{length}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        )
        connection.sendall(request.encode())
        if not declared:
            for piece in [part] + [bytes(1 << 16)] * (MAX_UPLOAD_BYTES // (1 << 16)):
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        status, body = first_answer(connection)
    assert (status, body["error"]["code"]) == (413, "upload_too_large")
    assert body["error"]["max_upload_bytes"] == MAX_UPLOAD_BYTES


def test_a_client_that_goes_away_leaves_nothing_behind(server: Server) -> None:
    """After uploads that break off, nothing is queued, no file is left, and the server serves."""
    host, port = server.url.removeprefix("http://").split(":")
    for _ in range(3):
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            request = (
                f"POST /transcribe HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4000000\r\n"
                "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
                'Content-Disposition: form-data; name="audio"; filename="a"\r\n\r\n'
            )
            connection.sendall(request.encode() + bytes(2_000_000))
    deadline = time.monotonic() + 20
    with server.client() as client:

        def gone() -> int:
            counts: dict[str, int] = client.get("/stats").json()["requests"]["transcribe"]
            return counts.get("client_gone", 0)

        while gone() < 3 and time.monotonic() < deadline:
            pass
        assert gone() == 3
        assert client.get("/stats").json()["pool"]["admitted"] == 0
        assert client.post("/transcribe", files={"audio": noise(1)}).status_code == 200
    assert list(server.temporary.iterdir()) == []
    assert not server.has_logged_errors()


def test_work_of_a_client_that_left_is_dropped(tmp_path: Path) -> None:
    """Clients that hang up while they wait for their answer free their places."""
    with running_server(tmp_path, workers=1, max_queue=8) as small, small.client() as client:
        host, port = small.url.removeprefix("http://").split(":")
        form = httpx.Request("POST", f"{small.url}/transcribe", files={"audio": noise(60)})
        head = "".join(f"{key}: {value}\r\n" for key, value in form.headers.items())
        message = f"POST /transcribe HTTP/1.1\r\n{head}\r\n".encode() + form.read()
        connections = [socket.create_connection((host, int(port)), timeout=30) for _ in range(4)]
        for connection in connections:
            connection.sendall(message)
        for connection in connections:
            connection.close()
        deadline = time.monotonic() + 60
        ended: dict[str, int] = {}
        while sum(ended.values()) < len(connections) and time.monotonic() < deadline:
            ended = client.get("/stats").json()["requests"].get("transcribe", {})
        stats = client.get("/stats").json()
        assert stats["pool"]["admitted"] == 0
        assert ended["client_gone"] >= 3  # the first may have been answered into the void
        assert stats["audio_sec"] <= 120  # and of the others at most one was worked on
    assert list(small.temporary.iterdir()) == []


def test_long_audio_is_served_and_leaves_no_file(tmp_path: Path, examples: Path) -> None:
    """Minutes of speech, with every word of a long text, and no trace in the temporary folder."""
    speech, _ = soundfile.read(examples / "he-1.wav", dtype="float32")
    text = (examples / "he-1.txt").read_text(encoding="utf-8")
    times = round(LONG_SEC * RATE / len(speech)) + 1
    audio = wav(np.tile(speech, times))
    with running_server(tmp_path) as server, server.client() as client:
        answer = client.post(
            "/align", files={"audio": audio}, data={"transcript": f"{text}\n" * times}
        ).raise_for_status()
        words = answer.json()["words"]
        assert len(words) == times * len(text.split())
        assert words[-1]["end"] > LONG_SEC
        assert answer.json()["score"] > 0.8
        assert list(server.temporary.iterdir()) == []


@pytest.mark.parametrize("killed", [False, True])
def test_long_work_that_nobody_waits_for_stops_and_leaves_no_file(
    tmp_path: Path, killed: bool
) -> None:
    """A client that hangs up ends it at the next window; a killed process leaves nothing either."""
    with running_server(tmp_path, workers=1) as server, server.client() as client:
        host, port = server.url.removeprefix("http://").split(":")
        files = {"audio": noise(10 * LONG_SEC)}
        form = httpx.Request("POST", f"{server.url}/transcribe", files=files)
        head = "".join(f"{key}: {value}\r\n" for key, value in form.headers.items())
        message = f"POST /transcribe HTTP/1.1\r\n{head}\r\n".encode() + form.read()
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(message)
            while client.get("/stats").json()["pool"]["admitted"] == 0:
                pass
            if killed:
                server.process.kill()
                server.process.wait(timeout=30)
        deadline = time.monotonic() + 60
        while not killed and time.monotonic() < deadline:
            stats = client.get("/stats").json()
            if stats["requests"].get("transcribe") and stats["pool"]["admitted"] == 0:
                break
        if not killed:
            assert stats["requests"]["transcribe"] == {"client_gone": 1}
            assert stats["audio_sec"] == 0  # nothing was heard to its end
        assert list(server.temporary.iterdir()) == []
    assert not server.has_logged_errors()
    assert "never retrieved" not in server.log.read_text()


def test_a_full_queue_answers_503_with_retry_after(tmp_path: Path) -> None:
    """Past the queue, requests are refused at once, and the others are served."""
    with running_server(tmp_path, workers=1, max_queue=1) as small, small.client() as client:
        audio = noise(30)

        def post(_: int) -> httpx.Response:
            return client.post("/transcribe", files={"audio": audio})

        with concurrent.futures.ThreadPoolExecutor(12) as threads:
            responses = list(threads.map(post, range(12)))
        refused = [response for response in responses if response.status_code == 503]
        assert refused
        assert {response.status_code for response in responses} == {200, 503}
        for response in refused:
            error = fault(response, 503, "overloaded")
            assert int(response.headers["retry-after"]) == error["retry_after_sec"] >= 1


def test_a_server_without_models_lives_but_is_not_ready(tmp_path: Path) -> None:
    """Liveness is apart from readiness, and the reason is told."""
    empty = tmp_path / "models"
    empty.mkdir()
    folder = tmp_path / "server"
    with running_server(folder, ready=False, models_dir=empty) as server, server.client() as client:
        assert client.get("/healthz").json()["status"] == "ok"
        assert "manifest.json" in fault(client.get("/readyz"), 503, "not_ready")["message"]
        fault(client.post("/transcribe", files={"audio": noise(1)}), 503, "not_ready")


def test_a_broken_bundle_does_not_take_the_others_down(tmp_path: Path, root: Path) -> None:
    """/readyz names the broken folder and its fault, and the good model serves."""
    models = tmp_path / "models"
    models.mkdir()
    (models / "he-demo").symlink_to(root / "models/he-demo")
    (models / "broken").mkdir()
    (models / "broken/manifest.json").write_text("{}")
    with running_server(tmp_path / "s", models_dir=models) as server, server.client() as client:
        ready = client.get("/readyz").raise_for_status().json()
        assert ready["models"] == ["he-demo"]
        assert "manifest_version" in ready["broken"]["broken"]
        assert client.get("/models").json()["broken"] == ready["broken"]
        assert (
            "manifest_version"
            in fault(client.get("/models/broken"), 500, "bundle_error")["message"]
        )
        assert client.post("/transcribe", files={"audio": noise(1)}).status_code == 200


def test_status_pages_tell_what_is_served(client: httpx.Client, examples: Path) -> None:
    """GET / explains the use; /stats and /metrics count what was done."""
    files = {"audio": (examples / "he-1.wav").read_bytes()}
    for fields in ({}, {"language": "he"}):  # a named model's emissions are kept
        client.post("/transcribe", files=files, data=fields).raise_for_status()
    overview = client.get("/").raise_for_status().json()
    assert overview["models"] == MODELS
    assert "POST /align" in overview["endpoints"]
    stats = client.get("/stats").raise_for_status().json()
    assert stats["requests"]["transcribe"]["ok"] >= 1
    assert stats["audio_sec"] > 4
    assert [(model["id"], model["loaded"]) for model in stats["models"]] == [
        (name, True) for name in MODELS
    ]
    pool = stats["pool"]
    assert pool["workers"] * pool["intra_op_threads"] <= pool["usable_cpus"]
    assert pool["admitted"] == pool["running"] == pool["waiting"] == pool["load"] == 0
    assert pool["quota_cpus"] is None or pool["quota_cpus"] > 0
    assert 0 < stats["success_rate"] <= 1
    assert 0 < stats["real_time_factor"] < 10
    assert stats["memory_bytes"] > sum(model["memory_bytes"] for model in stats["models"])
    latency = stats["latency"]["transcribe"]
    assert latency["since_start"]["count"] == stats["requests"]["transcribe"]["ok"]
    for figures in latency.values():
        assert 0 < figures["p50"] <= figures["p95"] <= figures["p99"] < stats["uptime_sec"]
    metrics = client.get("/metrics").raise_for_status().text
    assert 'kolvani_requests_total{outcome="ok",task="transcribe"}' in metrics
    cache = client.get("/stats").json()["cache"]
    figures = {
        name: float(value)
        for name, value in re.findall(r"(?m)^kolvani_emission_cache_(\w+) (\S+)$", metrics)
    }
    assert figures == {
        "bytes": cache["held_bytes"],
        "limit_bytes": cache["max_bytes"],
        "hits_total": cache["hits"],
        "misses_total": cache["misses"],
    }
    assert figures["bytes"] > 0
    assert figures["misses_total"] > 0


def test_the_description_has_examples_and_every_error(client: httpx.Client) -> None:
    """/docs answers, and the OpenAPI document names each status that a route can give."""
    assert client.get("/docs").status_code == 200
    document = client.get("/openapi.json").json()
    for path in ("/transcribe", "/retime", "/align"):
        operation = document["paths"][path]["post"]
        refused = {
            int(code): item for code, item in operation["responses"].items() if code != "200"
        }
        assert set(refused) == set(STATUSES.values())
        for kind, status in STATUSES.items():
            assert f"`{kind('').code}`" in refused[status]["description"]
        for item in refused.values():
            example = item["content"]["application/json"]["example"]["error"]
            assert set(example) >= ERROR_KEYS - {"param"}  # FastAPI leaves nulls out of examples
            assert f"`{example['code']}`" in item["description"]
        form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
        assert "audio" in form["required"]
    fields = form["properties"]  # of /align, the last
    assert (fields["characters"]["enum"], fields["characters"]["default"]) == (
        ["true", "false"],
        "false",
    )
    word = document["components"]["schemas"]["PlacedWordAnswer"]["properties"]
    assert all("description" in (item | item.get("anyOf", [{}])[0]) for item in word.values())
    assert all(f"`{name}`" in word["status"]["description"] for name in word["status"]["enum"])
    for schema in ("TranscribeAnswer", "AlignAnswer"):
        example = document["components"]["schemas"][schema]["example"]
        assert example["choice"]["reason"]
        assert example["words"], "the example is a real answer"


def test_every_error_has_a_status() -> None:
    """The one table knows every leaf of the tree of errors."""

    def leaves(kind: type[errors.KolvaniError]) -> set[type[errors.KolvaniError]]:
        children = kind.__subclasses__()
        return {kind} if not children else set().union(*map(leaves, children))

    assert leaves(errors.KolvaniError) == set(STATUSES)
