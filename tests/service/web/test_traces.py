"""Traces of the real application, kept in memory and sent to a collector."""

import asyncio
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from servers import running_server

from service.app import create_app
from service.monitoring.tracing import PACKAGES, tracer_provider
from service.ops.settings import Settings

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = {"traceparent": f"00-{TRACE}-{SPAN}-01", "x-request-id": "mine"}


def spans_of(
    root: Path, *requests: httpx.Request
) -> tuple[list[httpx.Response], list[ReadableSpan]]:
    """What an application in this process answers, and the spans that it made meanwhile."""
    kept, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    app = create_app(Settings(models_dir=root / "models", load="first_use"), provider)

    async def scenario() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            while (await client.get("/readyz")).status_code != 200:
                pass
            return [await client.send(request) for request in requests]

    return asyncio.run(scenario()), list(kept.get_finished_spans())


def test_a_request_is_a_span_in_the_clients_trace(root: Path) -> None:
    """With the facts of the log line, and without the text; probes have none."""
    text = (root / "examples/he-1.txt").read_text(encoding="utf-8")
    audio = (root / "examples/he-1.wav").read_bytes()
    request = httpx.Request(
        "POST",
        "http://test/align",
        params={"q": text},
        files={"audio": audio},
        data={"transcript": text},
        headers=PARENT,
    )
    (answer,), (span,) = spans_of(root, request)
    assert answer.status_code == 200
    assert (span.name, span.kind) == ("POST /align", SpanKind.SERVER)
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == SPAN
    context = span.get_span_context()
    assert context is not None
    own = f"00-{TRACE}-{context.span_id:016x}-01"
    assert (f"{context.trace_id:032x}", answer.headers["traceparent"]) == (TRACE, own)
    told = dict(span.attributes or {})
    assert told["http.route"] == "/align"
    assert told["http.response.status_code"] == 200
    assert told["kolvani.request_id"] == "mine"
    assert told["kolvani.outcome"] == "ok"
    assert told["kolvani.model"] == "he-demo"
    assert told["kolvani.audio_sec"] == answer.json()["duration_sec"]
    assert told["kolvani.tokens_aligned"] > 20
    assert told["kolvani.stage.inference_sec"] > 0
    assert told["url.query"] == "REDACTED"
    everything = span.to_json()
    assert not any(word in everything for word in text.split())


def test_an_error_marks_its_span(root: Path) -> None:
    """The status, the outcome, and no message."""
    refused = httpx.Request("POST", "http://test/transcribe", files={"audio": b"no audio"})
    unknown = httpx.Request("GET", "http://test/models/none")
    answers, spans = spans_of(root, refused, unknown)
    assert [answer.status_code for answer in answers] == [415, 404]
    assert [dict(span.attributes or {})["kolvani.outcome"] for span in spans] == [
        "unsupported_audio",
        "unknown_model",
    ]
    assert all(span.status.status_code is not StatusCode.ERROR for span in spans)  # not ours
    assert all(not span.events for span in spans)


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes what is posted."""

    taken: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        """Keep it, and say so."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).taken.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be silent."""


@contextmanager
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    taken: list[tuple[str, bytes]] = []
    handler = type("Handler", (Collector,), {"taken": taken})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_setting_sends_spans_to_the_collector(tmp_path: Path) -> None:
    """By OTLP over HTTP, the last ones when the service ends."""
    with collector() as (url, taken):
        settings = {"otlp_endpoint": url, "load": "first_use"}
        with running_server(tmp_path, **settings) as server, server.client() as client:
            client.get("/models", headers=PARENT).raise_for_status()
    assert {path for path, _ in taken} == {"/v1/traces"}
    body = b"".join(body for _, body in taken)
    assert bytes.fromhex(TRACE) in body
    assert b"kolvani" in body


def test_a_collector_that_is_away_disturbs_nobody(tmp_path: Path) -> None:
    """Answers come as ever, and the service ends in time."""
    settings = {"otlp_endpoint": "http://127.0.0.1:9", "load": "first_use"}
    with running_server(tmp_path, **settings) as server, server.client() as client:
        assert client.get("/models").status_code == 200


def test_without_the_packages_the_service_works_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who asks for traces and lacks the packages is told which file has them."""
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
    assert tracer_provider("http://127.0.0.1:9", "1") is None
    assert PACKAGES in caplog.text
    caplog.clear()
    assert tracer_provider(None, "1") is None
    assert tracer_provider("", "1") is None
    assert not caplog.records
