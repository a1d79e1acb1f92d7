"""What the guards add to a request: keys, rates, pace, checks of the head, headers.

`python -m bench.guarding` calls an application that answers at once, in memory, without and with
them, in turns; prints microseconds of CPU a request, medians over rounds, and what is added.
"""

import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Response
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from bench.observing import HEADERS, ROUNDS, answer, microseconds
from service.access.keys import Key, hash_of, new_secret
from service.access.lines import line_of
from service.errors import KolvaniError
from service.ops.settings import Settings
from service.web.guards.headers import SecurityHeaders
from service.web.guards.surround import door_of, surround

KEYS: Final = 100
PLENTY: Final = "1000000000/day"


def refuse(error: KolvaniError) -> Response:
    """Never."""
    return JSONResponse(error.as_dict(), 500)


def guarded(given: dict[str, Any]) -> ASGIApp:
    """The application within its guards, as these settings have them."""
    app, settings = FastAPI(), Settings(**given)
    surround(app, settings, door_of(settings), refuse)
    app.add_middleware(SecurityHeaders)
    within: ASGIApp = answer
    for middleware, arguments, named in reversed(app.user_middleware):
        within = middleware(within, *arguments, **named)
    return within


def main() -> None:
    """Print the figures."""
    secret = new_secret()
    HEADERS.append((b"authorization", f"Bearer {secret}".encode()))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "api-keys"
        secrets = (*(new_secret() for _ in range(KEYS - 1)), secret)
        keys = (Key("studio", hash_of(item), frozenset({"align"})) for item in secrets)
        file.write_text("\n".join(map(line_of, keys)), encoding="utf-8")
        applications = {
            "nothing": answer,
            "no settings": guarded({}),
            f"{KEYS} keys": guarded({"api_keys_file": file}),
            "keys and rates": guarded(
                {"api_keys_file": file, "rate_limit": PLENTY, "audio_limit": PLENTY}
            ),
        }
    measured: dict[str, list[float]] = {name: [] for name in applications}
    for _ in range(ROUNDS):
        for name, application in applications.items():
            measured[name].append(asyncio.run(microseconds(application, None)))
    least = statistics.median(measured["nothing"])
    for name, values in measured.items():
        middle = statistics.median(values)
        print(f"{name:>16}: {middle:6.1f} us a request, {middle - least:+.1f}")


if __name__ == "__main__":
    main()
