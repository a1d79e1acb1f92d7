"""WWW-Authenticate: what a client that is not known should send (RFC 6750)."""

from typing import Final

from service.errors import InvalidKey, KolvaniError

UNAUTHORIZED: Final = 401
REALM: Final = 'Bearer realm="kolvani"'


def challenge(error: KolvaniError) -> str:
    """The scheme, and whether what came was no good."""
    return f'{REALM}, error="invalid_token"' if isinstance(error, InvalidKey) else REALM
