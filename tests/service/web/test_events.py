"""Server-sent events: their order, what keeps the connection open, and what ends them."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress

import pytest
from fastapi import Response

from service.errors import CorruptAudio, InferenceError
from service.web.events import KEEP_ALIVE, Produce, Send, event, event_stream
from service.web.resources import ClientGone

FAULT = InferenceError("expected logits, got nothing")


async def told(response: Response) -> bytes:
    """All that an answer sends, after checking the frame around it."""
    messages = []

    async def send(message: dict[str, object]) -> None:
        messages.append(message)

    async def receive() -> dict[str, object]:
        raise AssertionError("an answer of events listens for nothing")

    await response({"type": "http"}, receive, send)  # type: ignore[arg-type]
    start, *blocks = messages
    assert (start["type"], start["status"]) == ("http.response.start", 200)
    assert [block["more_body"] for block in blocks] == [True] * (len(blocks) - 1) + [False]
    return b"".join(block["body"] for block in blocks)  # type: ignore[misc]


def answer_of(produce: Produce, keep_alive_sec: float = 60.0) -> bytes:
    async def run() -> bytes:
        return await told(await event_stream(produce, keep_alive_sec=keep_alive_sec))

    return asyncio.run(run())


def sends(*blocks: bytes, then: Exception | None = None) -> Produce:
    """Sends blocks from another thread, and then fails, or does not."""

    async def produce(send: Send) -> None:
        def work() -> None:
            for block in blocks:
                send(block)

        await asyncio.to_thread(work)
        if then is not None:
            raise then

    return produce


def test_events_come_in_order_with_all_of_their_lines() -> None:
    """A name is a line of its own, and a line break in the data begins another line of data."""
    assert answer_of(sends(event("one"), event("two\nlines", "named"))) == (
        b"data: one\n\nevent: named\ndata: two\ndata: lines\n\n"
    )


def test_headers_keep_caches_and_proxies_from_holding_events_back() -> None:
    """No length, no cache, no buffering; and what the caller adds."""

    async def run() -> Response:
        response = await event_stream(sends(b"x"), headers={"Kolvani-Ignored": "prompt"})
        await told(response)
        return response

    headers = asyncio.run(run()).headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-cache", "no")
    assert headers["kolvani-ignored"] == "prompt"
    assert "content-length" not in headers


@pytest.mark.parametrize(
    "error", [CorruptAudio("expected frames, got none"), ClientGone(), RuntimeError("ours")]
)
def test_an_error_before_the_first_event_is_raised(error: Exception) -> None:
    """So that it becomes an HTTP status."""
    with pytest.raises(type(error)):
        answer_of(sends(then=error))


def test_a_later_error_is_the_last_event() -> None:
    """In the one shape of all errors."""
    answer = answer_of(sends(event("one"), then=FAULT))
    first, last, rest = answer.split(b"\n\n")
    assert (first, rest) == (b"data: one", b"")
    name, data = last.split(b"\n")
    assert name == b"event: error"
    assert json.loads(data.removeprefix(b"data: ")) == FAULT.as_dict()


def test_an_unknown_error_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    """What is ours stays ours: the client learns that it was not its fault."""
    with caplog.at_level(logging.ERROR):
        answer = answer_of(sends(event("one"), then=RuntimeError("a secret")))
    assert b"a secret" not in answer
    assert b'"code": "internal"' in answer
    assert "a secret" in caplog.text


def test_nothing_is_told_to_a_client_that_went_away() -> None:
    """The events end, without an error."""
    assert answer_of(sends(event("one"), then=ClientGone())) == b"data: one\n\n"


def test_an_answer_without_events_is_empty() -> None:
    """What sends nothing and does not fail has nothing to tell."""
    assert answer_of(sends()) == b""


def waits_for_comments(count: int, then: Callable[[Send], None]) -> bytes:
    """An answer whose first event comes after so many comments."""

    async def run() -> bytes:
        enough = asyncio.Event()

        async def produce(send: Send) -> None:
            await enough.wait()
            then(send)

        response = await event_stream(produce, keep_alive_sec=0)
        blocks: list[bytes] = []

        async def send(message: dict[str, object]) -> None:
            blocks.append(message.get("body", b""))  # type: ignore[arg-type]
            if blocks.count(KEEP_ALIVE) == count:
                enough.set()

        await response({"type": "http"}, None, send)  # type: ignore[arg-type]
        return b"".join(blocks)

    return asyncio.run(run())


def test_comments_keep_the_connection_open_while_nothing_is_told() -> None:
    """They begin with a colon, and clients pass them over."""
    answer = waits_for_comments(3, lambda send: send(event("late")))
    assert KEEP_ALIVE.startswith(b":")
    assert answer.count(KEEP_ALIVE) >= 3
    assert answer.replace(KEEP_ALIVE, b"") == b"data: late\n\n"


def test_an_error_after_a_comment_is_an_event() -> None:
    """The status has been sent by then."""

    def fail(_: Send) -> None:
        raise FAULT

    answer = waits_for_comments(1, fail).replace(KEEP_ALIVE, b"")
    assert answer.startswith(b"event: error\ndata: ")


@pytest.mark.parametrize("begun", [False, True])
def test_an_answer_that_is_given_up_ends_the_work(begun: bool) -> None:
    """Cancelled while it waits for the first event, or in the middle: the work hears of it."""

    async def run() -> list[str]:
        ends: list[str] = []
        working = asyncio.Event()

        async def produce(send: Send) -> None:
            if begun:
                send(b"x")
            working.set()
            try:
                await asyncio.Event().wait()
            finally:
                ends.append("ended")

        async def answer() -> None:
            await told(await event_stream(produce))

        task = asyncio.create_task(answer())
        await working.wait()
        if begun:
            for _ in range(5):  # turns of the loop, until the first event has been sent
                await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return ends

    assert asyncio.run(run()) == ["ended"]
