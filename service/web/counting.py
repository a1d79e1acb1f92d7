"""How requests end, for /stats and /metrics."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from starlette.requests import ClientDisconnect

from service.errors import KolvaniError
from service.ops.metrics import OK, Metrics
from service.web.resources import ClientGone

CLIENT_GONE: Final = "client_gone"


@contextmanager
def counted(metrics: Metrics, task: str) -> Iterator[None]:
    """Count how a request ends, whatever the end is."""
    outcome = "internal"
    try:
        yield
        outcome = OK
    except KolvaniError as error:
        outcome = error.code
        raise
    except (ClientGone, ClientDisconnect):
        outcome = CLIENT_GONE
        raise
    finally:
        metrics.count(task, outcome)
