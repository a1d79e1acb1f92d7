"""How requests end, for /stats, /metrics and the log."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import ClientDisconnect

from service.errors import KolvaniError
from service.monitoring.facts import CLIENT_GONE, INTERNAL, OK, note_outcome, note_task
from service.monitoring.metrics import Metrics
from service.web.resources import ClientGone


@contextmanager
def counted(metrics: Metrics, task: str) -> Iterator[None]:
    """Count how a request ends, whatever the end is."""
    note_task(task)
    outcome = INTERNAL
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
        note_outcome(outcome)
        metrics.count(task, outcome)
