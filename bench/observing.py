"""What ids, facts, metrics and the log line add to a request.

`python -m bench.observing` calls an application that answers at once, in memory, with and without
the middleware, in turns; prints microseconds of CPU a request, medians over rounds, and what is
added.
"""

import asyncio
import io
import logging
import statistics
import time
from types import SimpleNamespace
from typing import Final

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.monitoring.facts import Fit, note_fit
from service.monitoring.logs import JsonFormatter
from service.monitoring.metrics import Metrics
from service.web.counting import counted
from service.web.observer import Observer

REQUESTS: Final = 2_000  # a round
ROUNDS: Final = 15
STAGES: Final = {"queue": 0.1, "decode": 0.1, "features": 0.1, "inference": 1.0, "search": 0.1}
FIT: Final = Fit(29, {"aligned": 7}, 0.9, trusted=True)
HEADERS: Final = [
    (b"host", b"localhost"),
    (b"x-request-id", b"0af7651916cd43dd8448eb211c80319c"),
    (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
]


async def answer(_: Scope, __: Receive, send: Send) -> None:
    """The least that an application does."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


def telling(metrics: Metrics) -> ASGIApp:
    """The same, that tells what a request to align tells."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        with counted(metrics, "align"):
            metrics.observe("align", "he-demo", 4.0, STAGES)
            note_fit(FIT)
        await answer(scope, receive, send)

    return application


async def on_error(_: Request, __: Exception) -> Response:
    """Never."""
    return Response(status_code=500)


async def receive() -> Message:
    """Never, either."""
    return {"type": "http.disconnect"}


async def send(_: Message) -> None:
    """To nobody."""


async def microseconds(app: ASGIApp, host: object) -> float:
    """A request's, over a round."""
    began = time.process_time()
    for _ in range(REQUESTS):
        scope: Scope = {"type": "http", "method": "POST", "path": "/align", "headers": HEADERS}
        await app({**scope, "app": host, "root_path": ""}, receive, send)
    return (time.process_time() - began) / REQUESTS * 1e6


def main() -> None:
    """Print the figures."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level="INFO", handlers=[handler])
    metrics = Metrics()
    host = SimpleNamespace(state=SimpleNamespace(resources=SimpleNamespace(metrics=metrics)))
    apps: dict[str, ASGIApp] = {"bare": answer, "observed": Observer(telling(metrics), on_error)}
    rounds: dict[str, list[float]] = {name: [] for name in apps}
    for _ in range(ROUNDS):
        for name, app in apps.items():
            rounds[name].append(asyncio.run(microseconds(app, host)))
    medians = {name: statistics.median(values) for name, values in rounds.items()}
    for name, value in medians.items():
        print(f"{name:10s} {value:8.1f} us of CPU a request")
    print(f"added      {medians['observed'] - medians['bare']:8.1f} us of CPU a request")


if __name__ == "__main__":
    main()
