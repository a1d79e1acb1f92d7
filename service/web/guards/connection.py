"""A connection that does not wait for ever: not for headers, not for a client that takes nothing.

uvicorn's own has a clock only for idle connections, and resets it with every byte: a client that
sends a header's letter every few seconds, or that has been refused and goes on sending, or that
reads nothing of its answer, keeps its connection. This one has two more clocks.

    head   from the first byte (or the connection) to the end of the headers, and from a refusal to
           the end of a body that nobody reads
    write  while more is to be sent than the client takes

Bodies that are read have a clock of their own: service/web/guards/pace.py.
"""

import asyncio
import json
import logging
import resource
import sys
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from service.web.guards.heads import CROWDED, MAX_HEAD_BYTES

logger = logging.getLogger(__name__)

BAD_REQUEST, TIMEOUT, TOO_LARGE = 400, 408, 431
MESSAGES: Final = {
    BAD_REQUEST: ("malformed_request", "expected a request in HTTP/1.1, got something else"),
    TIMEOUT: ("headers_too_slow", "expected a request's headers in time, got a part of them"),
    TOO_LARGE: (
        "headers_too_large",
        f"expected at most {MAX_HEAD_BYTES} bytes of headers, got more",
    ),
}
MOST_CONNECTIONS: Final = 4096
SPARE: Final = 4  # a fourth more connections are taken, to answer probes and to say no


@dataclass(frozen=True)
class Patience:
    """headers_sec, send_sec: how long each is waited for; connections: how many are served."""

    headers_sec: float
    send_sec: float
    connections: int


def most_connections(wanted: int) -> int:
    """What is wanted; of 0, half of the files that this process may open: uploads are some."""
    if wanted:
        return wanted
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if soft < 0 else max(1, min(MOST_CONNECTIONS, soft // 2))


def connection_class(patience: Patience) -> type["Connection"]:
    """For uvicorn, which makes one a connection."""
    return type("PatientConnection", (Connection,), {"patience": patience})


class Connection(H11Protocol):
    """uvicorn's, with clocks."""

    patience: ClassVar[Patience]

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  # uvicorn's own
        super().__init__(*arguments, **named)
        self._head_clock: asyncio.TimerHandle | None = None
        self._write_clock: asyncio.TimerHandle | None = None
        self._begun = False  # whether anything came since the last request

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it, unless there are far too many; where there are too many, say so in its state."""
        super().connection_made(transport)
        most = self.patience.connections
        if len(self.connections) > most:
            self.app_state = {**self.app_state, CROWDED: True}
        if len(self.connections) > most + max(SPARE, most // SPARE):
            transport.abort()
        else:
            self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """The clock runs while there is no request that is being answered."""
        self._begun = True
        super().data_received(data)
        if self._is_answering:
            self._stop_head_clock()
        elif self._head_clock is None and not self.transport.is_closing():
            self._wait_for_head()

    def on_response_complete(self) -> None:
        """A body that nobody reads is waited for no longer than headers are."""
        self._begun = False
        super().on_response_complete()
        if self.transport.is_closing():
            self._wait_for_reader()
        elif not self._is_answering and self.conn.their_state is h11.SEND_BODY:
            self._wait_for_head()

    def timeout_keep_alive_handler(self) -> None:
        """Idle; what has not been taken yet is waited for."""
        super().timeout_keep_alive_handler()
        self._wait_for_reader()

    def pause_writing(self) -> None:
        """The client does not take what it is sent."""
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """It does."""
        super().resume_writing()
        self._stop_write_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more to wait for."""
        self._stop_head_clock()
        self._stop_write_clock()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's words
        """In the one error shape; with 431 where h11 says so."""
        fault = sys.exc_info()[1]
        hint = getattr(fault, "error_status_hint", BAD_REQUEST)
        self._refuse(TOO_LARGE if hint == TOO_LARGE else BAD_REQUEST)

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_for_head(self) -> None:
        self._stop_head_clock()
        self._head_clock = self.loop.call_later(self.patience.headers_sec, self._head_is_late)

    def _head_is_late(self) -> None:
        self._head_clock = None
        if self.transport.is_closing() or self._is_answering:
            return
        if self._begun and self.conn.their_state is h11.IDLE:
            self._refuse(TIMEOUT)
        else:
            self.transport.close()

    def _wait_for_reader(self) -> None:
        if self._write_clock is None and self.transport.get_write_buffer_size():
            self._write_clock = self.loop.call_later(self.patience.send_sec, self.transport.abort)

    def _refuse(self, status: int) -> None:
        """Close, and say why where that can still be said."""
        code, message = MESSAGES[status]
        logger.info("a connection is closed: %s", code)
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and not self._is_answering:
            body = {"type": "invalid_request_error", "code": code, "message": message}
            content = json.dumps({"error": {**body, "param": None}}).encode()
            headers = [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(content))),
                ("Connection", "close"),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ]
            start = h11.Response(status_code=status, headers=headers, reason=STATUS_PHRASES[status])
            for event in (start, h11.Data(data=content), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        self._wait_for_reader()

    def _stop_head_clock(self) -> None:
        if self._head_clock is not None:
            self._head_clock.cancel()
            self._head_clock = None

    def _stop_write_clock(self) -> None:
        if self._write_clock is not None:
            self._write_clock.cancel()
            self._write_clock = None
