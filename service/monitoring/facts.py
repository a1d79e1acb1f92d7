"""What is learnt about a request while it is served, to be told once, at its end.

Whoever serves a request finds its Facts in the context, threads of the pool included, and adds what
it knows. Nothing here may hold what was said or written: facts go to logs, metrics and traces.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

OK: Final = "ok"
CLIENT_GONE: Final = "client_gone"
INTERNAL: Final = "internal"


@dataclass(frozen=True)
class Fit:
    """How a text fitted its audio. tokens: how many were given a time; words: status -> count;
    quality in [0, 1]; trusted: whether that is as much as an answer without a warning needs.
    """

    tokens: int
    words: Mapping[str, int]
    quality: float
    trusted: bool


@dataclass
class Facts:
    """One request. client: the name of its API key, never the key; outcome: `ok`, an error's code,
    `client_gone` or `internal`; stages: seconds by stage. None: not learnt.
    """

    request_id: str
    trace_id: str
    span_id: str
    client: str | None = None
    task: str | None = None
    outcome: str | None = None
    model: str | None = None
    audio_sec: float | None = None
    stages: Mapping[str, float] = field(default_factory=dict)
    fit: Fit | None = None


_CURRENT: Final[ContextVar[Facts | None]] = ContextVar("facts", default=None)


def current() -> Facts | None:
    """The facts of the request that is served here; None outside of any."""
    return _CURRENT.get()


@contextmanager
def known(facts: Facts) -> Iterator[None]:
    """Within, `facts` are the current ones, in what is started from here, too."""
    token = _CURRENT.set(facts)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def note_client(name: str) -> None:
    """Whose API key it was."""
    if (facts := current()) is not None:
        facts.client = name


def note_task(task: str) -> None:
    """What the request asks for."""
    if (facts := current()) is not None:
        facts.task = task


def note_outcome(outcome: str) -> None:
    """How it ends; the first to tell is the nearest to the cause."""
    if (facts := current()) is not None and facts.outcome is None:
        facts.outcome = outcome


def note_answer(model: str, audio_sec: float, stages: Mapping[str, float]) -> None:
    """Who answered, for how much audio, and where the time went."""
    if (facts := current()) is not None:
        facts.model, facts.audio_sec, facts.stages = model, audio_sec, dict(stages)


def note_fit(fit: Fit) -> None:
    """How the text fitted."""
    if (facts := current()) is not None:
        facts.fit = fit
