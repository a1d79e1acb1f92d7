"""Refusals before any route is asked, in the one error shape."""

from collections.abc import Callable, Sequence

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import KolvaniError

Check = Callable[[Scope], None]  # raises a KolvaniError; looks at the headers, never at the body
Refuse = Callable[[KolvaniError], Response]


class Guards:
    """All checks, in their order; the first that raises is the answer, with the body unread."""

    def __init__(self, app: ASGIApp, checks: Sequence[Check], refuse: Refuse) -> None:
        self._app = app
        self._checks = tuple(checks)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or refuse."""
        if scope["type"] == "http":
            try:
                for check in self._checks:
                    check(scope)
            except KolvaniError as error:
                await self._refuse(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)
