"""Keys and budgets at the door.

From here on `scope["state"]["client"]` says who asks: the key's name, "" where none is asked for.
"""

from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access.budgets import AUDIO, Standing
from service.access.door import Client, Door
from service.monitoring.facts import current, note_client

CLIENT: Final = "client"
_WHO: Final = "kolvani.client"
BEARER: Final = "bearer "
KEY_HEADERS: Final = ("x-api-key", "xi-api-key")  # the second is what ElevenLabs' clients send


class Entrance:
    """The check: raises MissingKey, InvalidKey, Forbidden or RateLimited."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def __call__(self, scope: Scope) -> None:
        """Let in, or raise."""
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        address = (scope.get("client") or ("",))[0]
        client = self._door.client(path, presented_key(Headers(scope=scope)), address)
        scope.setdefault("state", {})[CLIENT] = client.name
        scope["state"][_WHO] = client
        if client.name:
            note_client(client.name)
        self._door.admit(client, path)


def presented_key(headers: Headers) -> str | None:
    """`Authorization: Bearer KEY`, or X-API-Key; None where there is neither."""
    authorization = headers.get("authorization", "")
    if authorization.lower().startswith(BEARER):
        return authorization[len(BEARER) :].strip()
    return next((headers[name].strip() for name in KEY_HEADERS if name in headers), None)


class Budgeted:
    """Charges the audio that was answered for, and tells clients what is left to them:
    draft-ietf-httpapi-ratelimit-headers.

    Stands around the check, so that its refusals tell it, too.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; charge when the answer begins or, of what is streamed, when it ends."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        charged = False

        def charge() -> Client | None:
            nonlocal charged
            client: Client | None = scope.get("state", {}).get(_WHO)
            facts = current()
            if not charged and client and facts is not None and facts.audio_sec is not None:
                charged = True
                self._door.charge(client, facts.audio_sec)
            return client

        async def send_with_standing(message: Message) -> None:
            if message["type"] == "http.response.start" and (client := charge()):
                standings = self._door.budgets.standings(client.account, client.rates)
                MutableHeaders(scope=message).update(rate_headers(standings))
            await send(message)

        try:
            await self._app(scope, receive, send_with_standing)
        finally:
            charge()


def rate_headers(standings: Iterable[Standing]) -> dict[str, str]:
    """`RateLimit-Policy: "requests";q=60;w=60`, `RateLimit: "requests";r=59;t=3`; none of none."""
    kept = list(standings)
    if not kept:
        return {}
    policies = (
        f'"{item.kind}";q={item.limit};w={item.window_sec}'
        + (';qu="audio-seconds"' if item.kind == AUDIO else "")
        for item in kept
    )
    left = (f'"{item.kind}";r={item.remaining};t={item.reset_sec}' for item in kept)
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}
