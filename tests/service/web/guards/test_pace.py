"""How long a body is waited for."""

import asyncio
from collections.abc import Iterable

import pytest
from starlette.types import Message, Receive, Scope, Send

from service.errors import BodyTooSlow
from service.web.guards.pace import BodyPace

INSTANT_SEC = 1e-6
SCOPE = {"type": "http"}


def arriving(blocks: Iterable[bytes], *, whole: bool) -> Receive:
    """Blocks that are at hand, one a call; then nothing ever comes."""
    left = list(blocks)

    async def receive() -> Message:
        if left:
            body = left.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(left) or not whole}
        await asyncio.Event().wait()
        raise AssertionError

    return receive


async def send(_: Message) -> None:
    """To nobody."""


async def reading(_: Scope, receive: Receive, __: Send) -> None:
    while (await receive())["more_body"]:  # noqa: ASYNC110  # not polled: each has come
        await asyncio.sleep(0)  # nothing to wait for: others have their turn


async def asking_on(scope: Scope, receive: Receive, send: Send) -> None:
    await reading(scope, receive, send)
    await receive()


def test_what_is_at_hand_is_never_slow() -> None:
    """However little patience there is: it is waiting that counts, not reading."""
    receive = arriving([b"x"] * 100, whole=True)
    read = []

    async def remembering(_: Scope, receive: Receive, __: Send) -> None:
        while (message := await receive())["more_body"]:
            read.append(message["body"])
            await asyncio.sleep(0)  # nothing to wait for: others have their turn

    asyncio.run(BodyPace(remembering, INSTANT_SEC, 1_000_000)(SCOPE, receive, send))
    assert read == [b"x"] * 99  # and the last one


def test_what_never_comes_is_refused_with_what_came() -> None:
    """Once the patience is used up."""
    receive = arriving([b"x" * 10, b"y" * 10], whole=False)
    with pytest.raises(BodyTooSlow) as caught:
        asyncio.run(BodyPace(reading, INSTANT_SEC, 1_000_000)(SCOPE, receive, send))
    assert caught.value.facts["received_bytes"] == 20


def test_after_the_body_nobody_is_slow() -> None:
    """Whoever waits for the client's leaving may wait as long as it stays."""
    receive = arriving([b"x"], whole=True)

    async def staying() -> None:
        serving = asyncio.create_task(BodyPace(asking_on, INSTANT_SEC, 1)(SCOPE, receive, send))
        done, waiting = await asyncio.wait({serving}, timeout=1000 * INSTANT_SEC)
        assert waiting == {serving}
        assert not done
        serving.cancel()

    asyncio.run(staying())
