"""What surrounds every request: ids, log line and metrics, however it ends."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from service.errors import Overloaded
from service.monitoring.facts import Facts, current
from service.monitoring.logs import FIELDS
from service.monitoring.metrics import Metrics
from service.web.counting import counted
from service.web.observer import Observer
from service.web.resources import ClientGone

SAID = "קרפדה"
HEADERS = ("x-request-id", "traceparent")


async def on_error(_: Request, __: Exception) -> Response:
    return JSONResponse({"error": "ours"}, 500)


def page() -> Any:  # noqa: ANN401  # an ASGI application
    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"page"})

    return app


def observed() -> tuple[FastAPI, Metrics]:
    """An application with a route for each way in which a request ends."""
    app, metrics, router = FastAPI(), Metrics(), APIRouter(prefix="/v1")
    app.state.resources = SimpleNamespace(metrics=metrics)

    @router.get("/items/{item}")
    async def item(item: str) -> dict[str, str]:
        return {"item": item}

    @router.get("/bug")
    async def bug() -> None:
        raise ValueError(SAID)

    @router.get("/events")
    async def events() -> Response:
        return StreamingResponse(blocks())

    @router.get("/broken-events")
    async def broken_events() -> Response:
        return StreamingResponse(blocks(fails=True))

    @router.get("/facts")
    async def facts() -> Response:
        with counted(metrics, "align"):
            noted = await asyncio.to_thread(current)
            metrics.observe("align", "he", 2.0, {"queue": 0.1, "inference": 0.5})
            return JSONResponse({"id": noted.request_id if noted else None})

    @router.get("/gone")
    async def gone() -> None:
        with counted(metrics, "align"):
            raise ClientGone

    @router.get("/full")
    async def full() -> None:
        with counted(metrics, "align"):
            raise Overloaded("expected room, got none", retry_after_sec=1)

    app.include_router(router)
    app.mount("/page", page())
    app.add_exception_handler(Overloaded, lambda *_: JSONResponse({}, 503))
    app.add_exception_handler(ClientGone, lambda *_: Response(status_code=499))
    app.add_middleware(Observer, on_error=on_error)
    return app, metrics


async def blocks(*, fails: bool = False) -> AsyncIterator[bytes]:
    yield b"one"
    if fails:
        raise ValueError(SAID)
    yield b"two"


def ask(app: FastAPI, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, path, headers=named)

    return asyncio.run(asked())


def told(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The fields of the one line of a request."""
    (line,) = [entry for entry in caplog.records if entry.message.count(" ") == 2]
    fields: dict[str, Any] = getattr(line, FIELDS)
    return fields | {"level": line.levelname}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "service.requests")
    return caplog


@pytest.mark.parametrize(
    ("method", "path", "route", "status", "outcome", "level"),
    [
        ("GET", "/v1/items/a-private-name", "/v1/items/{item}", 200, "ok", "INFO"),
        ("GET", "/page/a-private-name", "/page", 200, "ok", "INFO"),
        ("GET", "/v1/events", "/v1/events", 200, "ok", "INFO"),
        ("POST", "/v1/events", "/v1/events", 405, "http_405", "INFO"),
        ("BREW", "/v1/events", "/v1/events", 405, "http_405", "INFO"),
        ("GET", "/a-private-name", "unmatched", 404, "http_404", "INFO"),
        ("GET", "/v1/full", "/v1/full", 503, "overloaded", "INFO"),
        ("GET", "/v1/gone", "/v1/gone", 499, "client_gone", "INFO"),
        ("GET", "/v1/bug", "/v1/bug", 500, "internal", "WARNING"),
    ],
)
def test_every_end_has_one_line_and_one_count(
    log: pytest.LogCaptureFixture,
    method: str,
    path: str,
    route: str,
    status: int,
    outcome: str,
    level: str,
) -> None:
    """By the route's template; the path itself is nowhere."""
    app, metrics = observed()
    answer = ask(app, path, method)
    line = told(log)
    assert answer.status_code == line["status"] == status
    assert (line["route"], line["outcome"], line["level"]) == (route, outcome, level)
    named = "OTHER" if method == "BREW" else method
    labels = {"method": named, "route": route, "status": str(status)}
    name = "kolvani_request_duration_seconds_count"
    assert metrics.registry.get_sample_value(name, labels) == 1
    assert metrics.registry.get_sample_value("kolvani_requests_in_progress") == 0
    assert "a-private-name" not in metrics.exposition().decode() + log.text + repr(line)


@pytest.mark.parametrize("path", ["/v1/items/x", "/v1/bug", "/v1/full", "/nowhere", "/v1/events"])
def test_every_answer_has_its_ids(path: str) -> None:
    """Errors and streams, too; each header once."""
    app, _ = observed()
    answer = ask(app, path, x_request_id="mine", traceparent=f"00-{'1' * 32}-{'2' * 16}-01")
    assert answer.headers.get_list("x-request-id") == ["mine"]
    (traceparent,) = answer.headers.get_list("traceparent")
    assert traceparent.startswith(f"00-{'1' * 32}-")


def test_an_error_that_nobody_caught_is_told_without_its_message(
    log: pytest.LogCaptureFixture,
) -> None:
    """The client gets the one answer for it, the log the type and the place."""
    app, _ = observed()
    answer = ask(app, "/v1/bug")
    assert answer.json() == {"error": "ours"}
    (error,) = [entry for entry in log.records if entry.levelno == logging.ERROR]
    fields = getattr(error, FIELDS)
    assert fields["error_type"] == "ValueError"
    assert fields["stack"][-1].startswith("tests/service/web/test_observer.py:")
    assert fields["stack"][-1].endswith(" bug")
    assert SAID not in log.text + repr([entry.__dict__ for entry in log.records])


def test_a_stream_that_fails_is_ours_and_is_not_ended_as_if_it_were_whole(
    log: pytest.LogCaptureFixture,
) -> None:
    """Its status was told before; the outcome is what happened."""
    app, _ = observed()
    sent: list[Message] = []
    run(app, "/v1/broken-events", [request_message()], sent)
    line = told(log)
    assert (line["status"], line["outcome"], line["sent_bytes"]) == (200, "internal", 3)
    assert [message.get("more_body") for message in sent[1:]] == [True]
    assert SAID not in log.text


def test_streams_are_passed_on_block_by_block() -> None:
    """Nothing is gathered."""
    app, _ = observed()
    sent: list[Message] = []
    run(app, "/v1/events", [request_message()], sent)
    assert [message["body"] for message in sent[1:]] == [b"one", b"two", b""]


def test_facts_are_known_in_threads_and_told_at_the_end(log: pytest.LogCaptureFixture) -> None:
    """Whoever learns something adds it; the line has it all."""
    app, metrics = observed()
    answer = ask(app, "/v1/facts", x_request_id="mine")
    assert answer.json() == {"id": "mine"}
    line = told(log)
    expected = {"task": "align", "outcome": "ok", "model": "he", "audio_sec": 2.0}
    assert line.items() >= expected.items()
    assert line["stages"] == {"queue": 0.1, "inference": 0.5}
    assert line["sent_bytes"] == len(answer.content)
    assert metrics.tally.latencies["align"].all.count == 1


def test_a_client_that_leaves_before_its_answer_is_told_as_gone(
    log: pytest.LogCaptureFixture,
) -> None:
    """Even if nothing was sent to it."""

    async def leaves(_: Scope, receive: Receive, __: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    metrics = Metrics()
    scope = scope_of("/x", SimpleNamespace(state=state(metrics)))
    messages = [request_message(b"123", more=True), {"type": "http.disconnect"}]
    asyncio.run(Observer(leaves, on_error)(scope, received(messages), sent_to([])))
    line = told(log)
    assert (line["status"], line["outcome"], line["received_bytes"]) == (499, "client_gone", 3)


def test_a_request_that_is_cancelled_is_counted_and_stays_cancelled() -> None:
    """The server shuts down: nothing is swallowed, nothing is left in progress."""
    metrics = Metrics()

    async def cancelled(*_: object) -> None:
        raise asyncio.CancelledError

    async def scenario() -> None:
        scope = scope_of("/x", SimpleNamespace(state=state(metrics)))
        with pytest.raises(asyncio.CancelledError):
            await Observer(cancelled, on_error)(scope, received([]), sent_to([]))
        assert current() is None

    asyncio.run(scenario())
    assert metrics.registry.get_sample_value("kolvani_requests_in_progress") == 0


@pytest.mark.parametrize("route", ["/health", "/healthz", "/readyz", "/metrics"])
def test_probes_are_told_on_demand_unless_they_fail(
    caplog: pytest.LogCaptureFixture, route: str
) -> None:
    """They come every few seconds."""
    app, _ = observed()
    app.add_api_route(route, lambda fail: Response(status_code=503 if fail == "1" else 200))
    caplog.set_level(logging.INFO, "service.requests")
    ask(app, f"{route}?fail=0")
    assert not caplog.records
    ask(app, f"{route}?fail=1")
    assert told(caplog)["status"] == 503
    caplog.clear()
    caplog.set_level(logging.DEBUG, "service.requests")
    ask(app, f"{route}?fail=0")
    assert told(caplog)["level"] == "DEBUG"


def test_other_protocols_pass_through() -> None:
    """A lifespan has no request."""
    seen: list[Scope] = []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        seen.append(scope)

    asyncio.run(Observer(app, on_error)({"type": "lifespan"}, received([]), sent_to([])))
    assert seen == [{"type": "lifespan"}]


def test_facts_do_not_leak_into_the_next_request() -> None:
    """Each has its own."""
    app, _ = observed()
    names = {ask(app, "/v1/facts").json()["id"] for _ in range(3)}
    assert len(names) == 3
    assert current() is None
    assert Facts("a", "b", "c").stages == {}


def state(metrics: Metrics) -> SimpleNamespace:
    return SimpleNamespace(resources=SimpleNamespace(metrics=metrics))


def scope_of(path: str, app: object) -> Scope:
    return {"type": "http", "method": "GET", "path": path, "headers": [], "app": app}


def request_message(body: bytes = b"", *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def received(messages: Sequence[Message]) -> Receive:
    left = iter(messages)

    async def receive() -> Message:
        message = next(left, None)
        if message is None:
            await asyncio.Event().wait()  # nothing more comes
        return message or {}

    return receive


def sent_to(sent: list[Message]) -> Send:
    async def send(message: Message) -> None:
        sent.append(json.loads(json.dumps(message, default=repr)) and message)

    return send


def run(app: FastAPI, path: str, messages: Sequence[Message], sent: list[Message]) -> None:
    scope = {
        **scope_of(path, app),
        "query_string": b"",
        "raw_path": path.encode(),
        "http_version": "1.1",
        "scheme": "http",
        "server": ("test", 80),
    }
    asyncio.run(app(scope, received(messages), sent_to(sent)))
