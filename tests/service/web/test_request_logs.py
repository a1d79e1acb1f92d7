"""The log of a real server: a JSON line a request, and no word of what was said or written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from servers import Server, running_server

from service.monitoring.metrics import PROBES

SAID = "שלומציון"  # in a text; no other test, clip or example has it
FILE = "a-private-name.wav"
DEBUG = {"log_level": "debug", "log_format": "json"}
COMMON = {"time", "level", "logger", "message"}


def lines(server: Server) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.log.read_text(encoding="utf-8").splitlines()]


def requests(server: Server) -> list[dict[str, Any]]:
    """The lines of requests, probes left out; of a server that has ended, as a line is written
    after its answer.
    """
    return [line for line in lines(server) if line.get("route", "/readyz") not in PROBES]


def test_a_request_has_one_line_with_its_facts(tmp_path: Path, root: Path) -> None:
    """Id, trace, audio, stages, tokens, outcome; and it is the only log of it."""
    audio = (root / "examples/he-1.wav").read_bytes()
    text = (root / "examples/he-1.txt").read_text(encoding="utf-8")
    ids = {"x-request-id": "mine-1", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    with running_server(tmp_path, **DEBUG) as server, server.client() as client:
        files = {"audio": (FILE, audio)}
        answer = client.post("/align", files=files, data={"transcript": text}, headers=ids)
    (line,) = requests(server)
    body = answer.raise_for_status().json()
    assert answer.headers["x-request-id"] == line["request_id"] == "mine-1"
    assert answer.headers["traceparent"] == f"00-{line['trace_id']}-{line['span_id']}-01"
    assert line["trace_id"] == "a" * 32
    expected = {
        "level": "info",
        "message": "POST /align 200",
        "task": "align",
        "outcome": "ok",
        "model": body["model"],
        "audio_sec": body["duration_sec"],
        "stages": body["timings"],
        "quality": body["quality"],
        "words": {"aligned": len(text.split())},
        "sent_bytes": len(answer.content),
    }
    assert line.items() >= expected.items()
    assert line["tokens_aligned"] >= len(text.replace(" ", "")) * 0.5
    assert line["received_bytes"] > len(audio)
    assert all(item.keys() >= COMMON for item in lines(server))
    assert not [item for item in lines(server) if item["logger"] == "uvicorn.access"]
    everything = json.dumps(lines(server), ensure_ascii=False)
    assert not any(word in everything for word in (FILE, *text.split()))


def sent(client: httpx.Client, audio: bytes) -> Iterator[int]:
    """Requests that have the word in every place that a client can put it."""
    files = {"audio": (f"{SAID}.wav", audio)}
    text = f"{SAID} {SAID}"
    srt = f"1\n00:00:00,000 --> 00:00:02,000\n{SAID}\n".encode()
    broken = f"1\n00:00:00,000 --> {SAID}\n{SAID}\n".encode()
    for path, named, fields in (
        ("/align", files, {"transcript": text}),
        ("/align", files, {"transcript": text, "model": SAID}),
        ("/align", files, {"transcript": text, "language": SAID}),
        ("/align", files, {"transcript": text, "gaps": SAID}),
        ("/align", files, {"transcript": text, "pronunciations": json.dumps({SAID: "!"})}),
        ("/align", files, {"transcript": text, "pronunciations": SAID}),
        ("/align", {"audio": (SAID, SAID.encode())}, {"transcript": text}),
        ("/align", files, {"transcript": f"{text} " * 900}),
        ("/align", files, {SAID: SAID}),
        (f"/align?{SAID}={SAID}", files, {}),
        (f"/{SAID}", files, {}),
        (f"/models/{SAID}", {}, {}),
        ("/retime", {**files, "subtitles": (SAID, srt)}, {}),
        ("/retime", {**files, "subtitles": (SAID, broken)}, {"tier": SAID}),
    ):
        yield client.post(path, files=named, data=fields).status_code
    yield client.get(f"/models/{SAID}", headers={"x-request-id": SAID.encode()}).status_code
    yield client.post("/align", content=SAID.encode()).status_code


def test_nothing_that_a_client_writes_gets_into_the_log(tmp_path: Path, root: Path) -> None:
    """Neither as it is nor escaped, at the most talkative level, whether it succeeds or fails."""
    with running_server(tmp_path, **DEBUG) as server, server.client() as client:
        statuses = list(sent(client, (root / "examples/he-1.wav").read_bytes()))
        metrics = client.get("/metrics").text
    assert {200, 400, 404, 405, 415, 422} <= set(statuses)
    assert len(requests(server)) == len(statuses)
    raw = server.log.read_text(encoding="utf-8")
    everything = raw + json.dumps(lines(server), ensure_ascii=False) + metrics
    for form in (
        SAID,
        json.dumps(SAID).strip('"'),
        httpx.URL(f"http://x/{SAID}").raw_path.decode(),
    ):
        assert form.lstrip("/") not in everything
    assert SAID.encode().hex(" ")[:20] not in raw


def test_an_error_of_ours_tells_no_text(tmp_path: Path, root: Path) -> None:
    """A bug that quotes the text in its message: its type and place are logged, and its id."""
    faulty = tmp_path / "faulty"
    faulty.mkdir()
    # Python imports this before it runs the service.
    (faulty / "sitecustomize.py").write_text(
        "import service.serving.dispatch as d\n"
        "def align(shortlist, recording, text, *_, **__):\n"
        "    raise ValueError(text)\n"
        "d.align = align\n"
    )
    with running_server(tmp_path / "s", extra_path=faulty) as server, server.client() as client:
        files = {"audio": (root / "examples/he-1.wav").read_bytes()}
        answer = client.post("/align", files=files, data={"transcript": SAID})
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert SAID not in json.dumps(lines(server), ensure_ascii=False)
    assert server.has_logged_errors()
    (error,) = [line for line in lines(server) if line["level"] == "error"]
    assert error["error_type"] == "ValueError"
    assert error["request_id"] == answer.headers["x-request-id"]
    assert any("service/web/routes/speech.py" in place for place in error["stack"])
    (line,) = requests(server)
    assert (line["outcome"], line["status"], line["level"]) == ("internal", 500, "warning")


def test_streams_and_the_page_are_told_as_all_requests_are(tmp_path: Path, root: Path) -> None:
    """A stream's line has what was learnt while it was sent; a page's file is under its mount."""
    files = {"audio": (root / "examples/he-1.wav").read_bytes()}
    with running_server(tmp_path, **DEBUG) as server, server.client() as client:
        fields = {"stream": "true", "language": "he"}
        answer = client.post("/transcribe", files=files, data=fields).raise_for_status()
        client.get("/ui/index.html").raise_for_status()
        metrics = client.get("/metrics").text
    stream, page = requests(server)
    assert answer.headers["content-type"].startswith("text/event-stream")
    expected = {"task": "transcribe", "outcome": "ok", "model": "he-demo", "status": 200}
    assert stream.items() >= {**expected, "sent_bytes": len(answer.content)}.items()
    assert stream["stages"]["inference"] > 0
    assert page.items() >= {"route": "/ui", "status": 200, "outcome": "ok"}.items()
    assert "index.html" not in metrics


def test_people_may_have_plain_lines(tmp_path: Path) -> None:
    """KOLVANI_LOG_FORMAT=text."""
    with running_server(tmp_path, log_format="text") as server, server.client() as client:
        client.get("/models").raise_for_status()
    assert " INFO service.requests GET /models 200 " in server.log.read_text()
