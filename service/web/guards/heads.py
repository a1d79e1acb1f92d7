"""Checks of what a request's head is made of: size, and the host that it is for."""

from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from service.errors import HeadersTooLarge, TooManyConnections, UnknownHost
from service.monitoring.metrics import PROBES

MAX_HEADERS: Final = 100
TIMEOUT_HEADER: Final = "Kolvani-Timeout-Sec"  # how long a client waits for its answer
MAX_HEAD_BYTES: Final = 1 << 14  # target, names and values; h11's own limit of what is incomplete
CROWDED: Final = "crowded"  # in a connection's state: there are more of them than there should be
RETRY_SEC: Final = 1
WILDCARD: Final = "*."


def check_size(scope: Scope) -> None:
    """Raises HeadersTooLarge."""
    headers = scope["headers"]
    if len(headers) > MAX_HEADERS:
        raise HeadersTooLarge(
            f"expected at most {MAX_HEADERS} header fields, got {len(headers)}",
            max_headers=MAX_HEADERS,
        )
    size = sum(len(name) + len(value) for name, value in headers)
    size += len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
    if size > MAX_HEAD_BYTES:
        raise HeadersTooLarge(
            f"expected at most {MAX_HEAD_BYTES} bytes of target and headers, got {size}",
            max_head_bytes=MAX_HEAD_BYTES,
        )


def check_crowd(scope: Scope) -> None:
    """Probes are answered all the same: a crowd is no reason to be killed. Raises
    TooManyConnections.
    """
    if scope.get("state", {}).get(CROWDED) and scope["path"] not in PROBES:
        raise TooManyConnections(
            "expected room for another connection, got none", retry_after_sec=RETRY_SEC
        )


class Hosts:
    """The Host headers that are served; probes come by address, and are served by any."""

    def __init__(self, allowed: Sequence[str]) -> None:
        names = [name.lower() for name in allowed]
        self._exact = frozenset(name for name in names if not name.startswith(WILDCARD))
        self._endings = tuple(name[1:] for name in names if name.startswith(WILDCARD))

    def __call__(self, scope: Scope) -> None:
        """Raises UnknownHost."""
        if scope["path"] in PROBES or "*" in self._exact:
            return
        host = Headers(scope=scope).get("host", "").lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        if name not in self._exact and not (self._endings and name.endswith(self._endings)):
            raise UnknownHost("expected a Host that is served here, got another", param="host")
