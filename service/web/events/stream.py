"""Server-sent events: what is told of an answer while it is worked on.

https://html.spec.whatwg.org/multipage/server-sent-events.html. An error that comes before the first
event is a plain HTTP error; one that comes later is the event `error`, the last one, with the one
error shape as its data.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Final

from fastapi import Response
from fastapi.sse import format_sse_event
from starlette.types import Receive, Scope
from starlette.types import Send as SendMessage

from service.errors import KolvaniError
from service.web.answers.faults import INTERNAL
from service.web.resources import ClientGone

logger = logging.getLogger(__name__)

KEEP_ALIVE_SEC: Final = 15.0  # without an event; proxies tend to give up after a minute
KEEP_ALIVE: Final = format_sse_event(comment="keep-alive")
EVENTS_TYPE: Final = "text/event-stream"
# Neither a cache nor a proxy may hold events back.
HEADERS: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

Send = Callable[[bytes], None]  # takes an event, in any thread
Produce = Callable[[Send], Awaitable[object]]


def event(data: str, name: str | None = None) -> bytes:
    """An event on the wire, with or without a name."""
    return format_sse_event(data_str=data, event=name)


async def event_stream(
    produce: Produce,
    *,
    headers: Mapping[str, str] | None = None,
    keep_alive_sec: float = KEEP_ALIVE_SEC,
) -> Response:
    """The events that `produce` sends, as they come; with a comment where none comes for long.

    `produce` runs until it ends or the answer is closed, and is told then by its cancellation.
    Raises what it raises before it has sent anything, unless `keep_alive_sec` have passed: by then
    the answer has begun.
    """
    events = _events(produce, keep_alive_sec)
    first = await anext(events, b"")
    return _EventResponse(first, events, {**HEADERS, **(headers or {})})


class _EventResponse(Response):
    """Sends blocks of bytes as they come, and closes what they come from.

    Nothing listens for the client here: whoever produces the events does, and ends them.
    """

    def __init__(
        self, first: bytes, rest: AsyncGenerator[bytes, None], headers: Mapping[str, str]
    ) -> None:
        self._first, self._rest = first, rest
        super().__init__(headers=headers, media_type=EVENTS_TYPE)
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        del scope, receive
        async with aclosing(self._rest) as rest:
            start = {"status": self.status_code, "headers": self.raw_headers}
            await send({"type": "http.response.start", **start})
            await send({"type": "http.response.body", "body": self._first, "more_body": True})
            async for block in rest:
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _events(produce: Produce, keep_alive_sec: float) -> AsyncGenerator[bytes, None]:
    """What is sent, what keeps the connection open, and what went wrong after the first of them."""
    sent: asyncio.Queue[bytes | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def send(block: bytes) -> None:
        loop.call_soon_threadsafe(sent.put_nowait, block)

    producing = asyncio.ensure_future(produce(send))
    producing.add_done_callback(lambda _: sent.put_nowait(None))
    begun = False
    try:
        while (block := await _next(sent, keep_alive_sec)) is not None:
            yield block
            begun = True
        error = producing.exception()
        if error is not None and not begun:
            raise error
        if error is not None and not isinstance(error, ClientGone):
            yield _error_event(error)
    finally:
        producing.cancel()
        await asyncio.gather(producing, return_exceptions=True)


async def _next(sent: "asyncio.Queue[bytes | None]", keep_alive_sec: float) -> bytes | None:
    """The next event, or a comment if none comes for long; None after the last."""
    try:
        async with asyncio.timeout(keep_alive_sec):
            return await sent.get()
    except TimeoutError:
        return KEEP_ALIVE


def _error_event(error: BaseException) -> bytes:
    """The last event of a stream that went wrong."""
    if isinstance(error, KolvaniError):
        return event(json.dumps(error.as_dict(), ensure_ascii=False), "error")
    logger.error("an answer broke off", exc_info=error)
    return event(json.dumps(INTERNAL), "error")
