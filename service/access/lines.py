"""The file of keys, a key a line: name, hash, scopes, and limits of its own.

    # name   hash                     scopes                 limits
    studio   sha256:<salt>:<digest>   transcribe,align,read  requests=60/minute audio=36000/day

Several lines may have one name: the old key and the new one, until everybody has the new one. They
share the budget.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from limits import RateLimitItem

from service.access.keys import ALGORITHM, SALT_BYTES, Key, KeyHash
from service.access.rates import KINDS, UNLIMITED, read_rate
from service.access.scopes import SCOPES

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # nothing that breaks a log
HASH: Final = re.compile(rf"{ALGORITHM}:([0-9a-f]{{{2 * SALT_BYTES}}}):([0-9a-f]{{64}})")
COMMENT: Final = "#"


class KeysError(ValueError):
    """A file of API keys that cannot be read as one."""


def read_keys(text: str) -> tuple[Key, ...]:
    """All keys of a file. Raises KeysError, which names the line and never quotes a hash."""
    keys = tuple(_keys(text.splitlines()))
    if not keys:
        raise KeysError("expected at least one key, got a file without: nobody could be served")
    return keys


def line_of(key: Key) -> str:
    """The line that is read as that key."""
    own = (f"{kind}={_written(rate)}" for kind, rate in key.own.items())
    ordered = (scope for scope in SCOPES if scope in key.scopes)
    return " ".join((key.name, str(key.hash), ",".join(ordered), *own))


def check_name(name: str) -> str:
    """The name, if it is one. Raises KeysError."""
    if not NAME.fullmatch(name):
        raise KeysError(
            f"expected a name of up to 64 letters, digits, '.', '_' and '-', got {name!r}"
        )
    return name


def check_scopes(scopes: Sequence[str]) -> frozenset[str]:
    """The scopes, if all are known. Raises KeysError."""
    for scope in scopes:
        if scope not in SCOPES:
            raise KeysError(f"expected scopes of {', '.join(SCOPES)}, got {scope!r}")
    return frozenset(scopes)


def _keys(lines: Sequence[str]) -> Iterator[Key]:
    for number, line in enumerate(lines, 1):
        parts = line.partition(COMMENT)[0].split()
        if parts:
            try:
                yield _key(parts)
            except ValueError as error:
                raise KeysError(f"line {number}: {error}") from error


def _key(parts: Sequence[str]) -> Key:
    if len(parts) < 3:  # noqa: PLR2004  # as the message says
        raise KeysError(f"expected a name, a hash and scopes, got {len(parts)} of them")
    name, hashed, scopes, *limits = parts
    check_name(name)
    matched = HASH.fullmatch(hashed)
    if matched is None:  # it may be the key itself, put here by mistake: not to be quoted
        raise KeysError(f"expected {ALGORITHM}:<salt>:<digest> after the name, got something else")
    salt, digest = map(bytes.fromhex, matched.groups())
    return Key(name, KeyHash(salt, digest), check_scopes(scopes.split(",")), dict(_own(limits)))


def _own(limits: Sequence[str]) -> Iterator[tuple[str, RateLimitItem | None]]:
    for limit in limits:
        kind, _, rate = limit.partition("=")
        if kind not in KINDS:
            raise KeysError(f"expected limits of {', '.join(KINDS)}, got {kind!r}")
        yield kind, read_rate(rate)


def _written(rate: RateLimitItem | None) -> str:
    if rate is None:
        return UNLIMITED
    period = rate.GRANULARITY.name
    return f"{rate.amount}/{f'{rate.multiples}{period}' if rate.multiples > 1 else period}"
