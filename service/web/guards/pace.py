"""Bodies that come too slowly are not waited for.

The rule is Apache's, of mod_reqtimeout: so many seconds, and for each `least_rate` bytes that came
one more. Only waiting counts: a body that nobody reads, because the server is busy, is not slow.
"""

import asyncio
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import BodyTooSlow

REQUEST: Final = "http.request"


class BodyPace:
    """Raises BodyTooSlow in whoever reads the body; the connection is closed after the answer."""

    def __init__(self, app: ASGIApp, grace_sec: float, least_rate: int) -> None:
        self._app = app
        self._grace_sec, self._least_rate = grace_sec, least_rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, with a clock beside the body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, send, self._grace_sec, self._least_rate)
        await self._app(scope, body.receive, body.send)


class _Body:
    def __init__(self, receive: Receive, send: Send, grace_sec: float, least_rate: int) -> None:
        self._receive, self._send = receive, send
        self._grace_sec, self._least_rate = grace_sec, least_rate
        self._received, self._waited_sec = 0, 0.0
        self._complete = self._slow = False

    async def receive(self) -> Message:
        """The next block. Once the body is complete, what is waited for is the client's leaving."""
        if self._complete:
            return await self._receive()
        loop = asyncio.get_running_loop()
        began = loop.time()
        allowed_sec = self._grace_sec + self._received / self._least_rate
        try:
            async with asyncio.timeout(max(0.0, allowed_sec - self._waited_sec)):
                message = await self._receive()
        except TimeoutError as error:
            self._slow = True
            raise BodyTooSlow(
                f"expected a body within {self._grace_sec:g} s and a second more for each "
                f"{self._least_rate} bytes, got {self._received} bytes in {allowed_sec:.1f} s",
                received_bytes=self._received,
                min_body_bytes_per_sec=self._least_rate,
            ) from error
        self._waited_sec += loop.time() - began
        self._received += len(message.get("body", b""))
        self._complete = message["type"] != REQUEST or not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """The answer; to a slow client, the last one on this connection."""
        if self._slow and message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Connection"] = "close"
        await self._send(message)
