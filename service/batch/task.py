"""One recording of a run, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from service.batch.inputs.sources import Source

State = Literal["done", "failed", "unpaired"]
Tell = Callable[[float, float], None]  # seconds done, seconds in all; may raise, to stop


@dataclass(frozen=True)
class Task:
    """A recording, what belongs to it, and the name of what is written for it.

    shown: what the table calls it. name: relative, with slashes, without a suffix. beside: the text
    or the subtitles; None where there are none to be had. fault: why it cannot be done at all.
    """

    shown: str
    name: str
    audio: Source | None
    beside: Source | None = None
    fault: str | None = None
    state: Literal["failed", "unpaired"] = "failed"  # what a fault makes of it


@dataclass(frozen=True)
class Facts:
    """What a table tells of an answer; None where the command has no such figure.

    unwritten_sec: of speech that the text lacks.
    """

    duration_sec: float
    model: str
    words: int
    warnings: tuple[str, ...]
    quality: float | None = None
    score: float | None = None
    not_found: int | None = None
    unwritten_sec: float | None = None


@dataclass(frozen=True)
class Outcome:
    """files: what is written, by suffix, in the order that was asked for."""

    files: Mapping[str, bytes]
    facts: Facts


Work = Callable[[Task, Tell], Outcome]
