"""Who comes in: a client of a key, or anybody where no keys are asked for."""

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from typing import Final

from service.access.budgets import Budgets
from service.access.file import KeyFile
from service.access.keys import Key, find
from service.access.rates import Rates
from service.access.scopes import OPEN, STATUS, WORK, scope_of
from service.errors import Forbidden, InvalidKey, MissingKey

ACCOUNTS: Final = 1 << 16  # of clients without keys: memory is bounded, whoever asks
IPV6_NETWORK: Final = 64  # bits that are one customer's


@dataclass(frozen=True)
class Client:
    """name: the key's, "" where none is asked for; account: whose budget is used."""

    name: str
    account: str
    rates: Rates
    key: Key | None = None


class Door:
    """keys: None: everything is open. open_status: /stats and /metrics are, all the same."""

    def __init__(self, keys: KeyFile | None, rates: Rates, *, open_status: bool = False) -> None:
        self.keys = keys
        self.rates = rates
        self.budgets = Budgets()
        self._open_status = open_status
        self._secret = secrets.token_bytes(16)

    @property
    def limited(self) -> bool:
        """Whether anybody can be told to wait: by a rate of the server's or of a key's own."""
        return self.rates.any or self.keys is not None

    def count_keys(self) -> int:
        """How many are known; 0 where none is asked for."""
        return len(self.keys.keys) if self.keys else 0

    def are_keys_stale(self) -> bool:
        """Whether their file has changed, and cannot be read."""
        return self.keys is not None and self.keys.fault is not None

    def client(self, path: str, presented: str | None, address: str) -> Client:
        """Who asks. Raises MissingKey, InvalidKey."""
        scope = scope_of(path)
        if self.keys is None or scope is OPEN or (self._open_status and scope in STATUS):
            return Client("", self._account(address), self.rates)
        if presented is None:
            raise MissingKey("expected an API key, as Authorization: Bearer or X-API-Key, got none")
        key = find(self.keys.refresh(), presented)
        if key is None:
            raise InvalidKey("expected an API key that is known here, got another")
        return Client(key.name, f"key:{key.name}", self.rates.replaced(key.own), key)

    def admit(self, client: Client, path: str) -> None:
        """Let in, and count a request for work. Raises Forbidden, RateLimited."""
        scope, key = scope_of(path), client.key
        if key is not None and scope is not OPEN and not key.opens(scope):
            raise Forbidden(
                f"expected an API key with the scope {scope}, got one for "
                f"{', '.join(sorted(key.scopes))}",
                scope=scope,
            )
        if scope in WORK:
            self.budgets.admit(client.account, client.rates)

    def charge(self, client: Client, audio_sec: float) -> None:
        """Count seconds of audio; to be called once a request, when they are known."""
        self.budgets.charge(client.account, client.rates, audio_sec)

    def _account(self, address: str) -> str:
        """By address: an IPv4 one, a network of IPv6; one of a fixed number of accounts, chosen
        with a secret, so that nobody picks whose budget is shared.
        """
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            place = b""
        else:
            place = known.packed
            if known.version == 6:  # noqa: PLR2004  # the version's name
                place = place[: IPV6_NETWORK // 8]
        digest = hashlib.blake2b(place, digest_size=8, key=self._secret).digest()
        return f"address:{int.from_bytes(digest) % ACCOUNTS}"
