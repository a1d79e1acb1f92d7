"""What surrounds every request: its ids, its facts, its log line and its metrics.

    headers -> Facts -> routes, which add what they learn -> last byte sent -> span, metrics, log

Pure ASGI: answers are passed on as they come, and a client that hangs up is seen by who waits for
it.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from fastapi import Request, Response
from opentelemetry.trace import format_span_id, format_trace_id, get_current_span
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.monitoring.facts import CLIENT_GONE, INTERNAL, OK, Facts, known
from service.monitoring.logs import FIELDS, fault_fields
from service.monitoring.metrics import PROBES, Exchange, Metrics
from service.web.identity import (
    REQUEST_ID,
    TRACEPARENT,
    request_id_of,
    span_of,
    traceparent_of,
)

logger = logging.getLogger("service.requests")

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER: Final = "OTHER"
UNMATCHED: Final = "unmatched"  # the route of what no route serves
CLIENT_CLOSED_REQUEST: Final = 499  # nginx's; nobody is left to read it
SERVER_ERROR: Final = 500
SAID_ON_PURPOSE: Final = frozenset({503, 504})  # no room, no time
CLIENT_ERROR: Final = 400

OnError = Callable[[Request, Exception], Awaitable[Response]]


class Observer:
    """The outermost middleware. on_error: makes the answer to an error that nobody caught."""

    def __init__(self, app: ASGIApp, on_error: OnError) -> None:
        self._app = app
        self._on_error = on_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve and tell; of what is not HTTP nothing is told."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watched = _Watched(scope, receive, send)
        metrics: Metrics = scope["app"].state.resources.metrics
        metrics.began()
        with known(watched.facts):
            try:
                await self._app(scope, watched.receive, watched.send)
            except Exception as error:  # noqa: BLE001  # whatever it is, client and log are told
                await self._tell_of(error, watched)
            finally:
                exchange = watched.exchange()
                metrics.finished(exchange, watched.facts)
                _log(exchange, watched)

    async def _tell_of(self, error: Exception, watched: "_Watched") -> None:
        watched.facts.outcome = INTERNAL
        fields = fault_fields(error)
        logger.error("an error that nobody caught", extra={FIELDS: fields})
        if watched.status is None:
            response = await self._on_error(Request(watched.scope), error)
            await response(watched.scope, watched.receive, watched.send)


class _Watched:
    """A request under way: passes messages on, and remembers what they tell."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.status: int | None = None  # of the answer, once it has begun
        self.received_bytes = self.sent_bytes = 0
        self._receive, self._send = receive, send
        self._began = time.perf_counter()
        self._complete = self._client_gone = False
        headers = Headers(scope=scope)
        span = span_of(headers)
        self._traceparent = traceparent_of(span)
        self.facts = Facts(
            request_id_of(headers), format_trace_id(span.trace_id), format_span_id(span.span_id)
        )

    async def receive(self) -> Message:
        """A message of the client's."""
        message = await self._receive()
        if message["type"] == "http.request":
            self.received_bytes += len(message.get("body", b""))
        elif not self._complete:
            self._client_gone = True
        return message

    async def send(self, message: Message) -> None:
        """A message to the client, with the ids in its headers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID], headers[TRACEPARENT] = self.facts.request_id, self._traceparent
        elif message["type"] == "http.response.body":
            self.sent_bytes += len(message.get("body", b""))
            if not message.get("more_body", False):
                self._complete = True
                self._tell_span()
        await self._send(message)

    def exchange(self) -> Exchange:
        """What there was; the facts get their outcome if nobody has told it."""
        seconds = time.perf_counter() - self._began
        status = self.status
        if status is None:
            status = CLIENT_CLOSED_REQUEST if self._client_gone else SERVER_ERROR
        if self.facts.outcome is None:
            left = self._client_gone and not self._complete
            self.facts.outcome = CLIENT_GONE if left else _outcome(status)
        return Exchange(self.method, self.route, status, seconds)

    @property
    def method(self) -> str:
        """One of the usual ones, or OTHER."""
        method: str = self.scope["method"]
        return method if method in METHODS else OTHER

    @property
    def route(self) -> str:
        """The template that was matched, never the path itself."""
        template = getattr(self.scope.get("route"), "path", None)
        return str(template or self._mount or UNMATCHED)

    @property
    def _mount(self) -> str:
        """Where an application is mounted that has no routes of ours, such as `/ui`."""
        root: str = self.scope.get("root_path", "")
        return root.removeprefix(self.scope.get("app_root_path", root))

    def fields(self) -> Iterable[tuple[str, object]]:
        """What the log line and the span tell; None where it is not known."""
        facts = self.facts
        yield "client", facts.client
        yield "task", facts.task
        yield "outcome", facts.outcome
        yield "model", facts.model
        yield "audio_sec", facts.audio_sec
        yield "received_bytes", self.received_bytes
        yield "sent_bytes", self.sent_bytes
        if facts.fit is not None:
            yield "tokens_aligned", facts.fit.tokens
            yield "words", dict(facts.fit.words)
            yield "quality", facts.fit.quality

    def _tell_span(self) -> None:
        """The facts, before the span is ended with the answer's last byte."""
        span = get_current_span()
        if not span.is_recording():
            return
        for name, value in self.fields():
            if isinstance(value, str | int | float):
                span.set_attribute(f"kolvani.{name}", value)
        for stage, seconds in self.facts.stages.items():
            span.set_attribute(f"kolvani.stage.{stage}_sec", seconds)
        span.set_attribute("kolvani.request_id", self.facts.request_id)
        if self.scope.get("query_string"):  # may hold anything
            span.set_attribute("url.query", "REDACTED")


def _outcome(status: int) -> str:
    if status == CLIENT_CLOSED_REQUEST:
        return CLIENT_GONE
    return OK if status < CLIENT_ERROR else f"http_{status}"


def _log(exchange: Exchange, watched: _Watched) -> None:
    level = logging.INFO
    if exchange.status >= SERVER_ERROR and exchange.status not in SAID_ON_PURPOSE:
        level = logging.WARNING
    elif exchange.status < CLIENT_ERROR and exchange.route in PROBES:
        level = logging.DEBUG
    if not logger.isEnabledFor(level):
        return
    http = {"method": exchange.method, "route": exchange.route, "status": exchange.status}
    stages = {stage: round(sec, 4) for stage, sec in watched.facts.stages.items()}
    fields = {
        **http,
        "duration_sec": round(exchange.seconds, 4),
        **dict(watched.fields()),
        "stages": stages or None,
    }
    message = "%s %s %d"
    logger.log(level, message, *http.values(), extra={FIELDS: fields})
