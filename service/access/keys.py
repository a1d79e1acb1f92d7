"""API keys: random, shown once, kept as a salted hash.

A key is 256 random bits. A slow hash, as passwords need, guards what can be guessed; nobody guesses
2^256, and a slow one would be an easy way to keep a server busy. So SHA-256, salted, so that equal
keys do not look equal in a file that leaks.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from limits import RateLimitItem

from service.access.scopes import ALL, ANY

PREFIX: Final = "kolvani_"  # scanners for leaked secrets find it
KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
ALGORITHM: Final = "sha256"
MAX_KEY_CHARACTERS: Final = 256  # of what a client may present


@dataclass(frozen=True)
class KeyHash:
    """What the file has of a key: `sha256:<salt>:<digest>`, in hexadecimal digits."""

    salt: bytes
    digest: bytes = field(repr=False)

    def matches(self, presented: bytes) -> bool:
        """In a time that does not depend on how much of it is right."""
        return hmac.compare_digest(_digest(self.salt, presented), self.digest)

    def __str__(self) -> str:
        return f"{ALGORITHM}:{self.salt.hex()}:{self.digest.hex()}"


@dataclass(frozen=True)
class Key:
    """A line of the file. own: the limits that it has instead of the server's."""

    name: str
    hash: KeyHash
    scopes: frozenset[str]
    own: Mapping[str, RateLimitItem | None] = field(default_factory=dict)

    def opens(self, scope: str) -> bool:
        """Whether it is for that."""
        return scope == ANY or ALL in self.scopes or scope in self.scopes


def new_secret() -> str:
    """A key that nobody has."""
    return PREFIX + secrets.token_urlsafe(KEY_BYTES)


def hash_of(secret: str) -> KeyHash:
    """With a salt of its own."""
    salt = secrets.token_bytes(SALT_BYTES)
    return KeyHash(salt, _digest(salt, secret.encode()))


def find(keys: Collection[Key], presented: str) -> Key | None:
    """The key that it is. All are compared, so that the time tells nothing of which."""
    if len(presented) > MAX_KEY_CHARACTERS:
        return None
    given = presented.encode(errors="replace")
    matching = [key for key in keys if key.hash.matches(given)]
    return matching[0] if matching else None


def _digest(salt: bytes, secret: bytes) -> bytes:
    return hashlib.sha256(salt + secret).digest()
