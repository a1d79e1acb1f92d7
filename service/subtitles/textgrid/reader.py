"""The tiers of a TextGrid, with the places of their times."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.subtitles.textgrid.tokens import Number, Tokens

INTERVALS: Final = "IntervalTier"
POINTS: Final = "TextTier"
SLACK_SEC: Final = 1e-3  # between the end of an interval and the start of the next


@dataclass(frozen=True)
class Boundary:
    """A time of a tier, and the numbers that tell it: the end of one interval, the start of the
    next.
    """

    value: float
    numbers: tuple[Number, ...]


@dataclass(frozen=True)
class Tier:
    """Contiguous intervals: labels[i] from boundaries[i] to boundaries[i + 1]."""

    name: str
    labels: tuple[str, ...]
    boundaries: tuple[Boundary, ...]

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """float64 [intervals + 1]: seconds, ascending."""
        return np.array([boundary.value for boundary in self.boundaries])

    @property
    def spoken(self) -> list[int]:
        """The intervals with a label."""
        return [index for index, label in enumerate(self.labels) if label.strip()]


def read_tiers(text: str) -> tuple[tuple[Tier, ...], tuple[Number, ...]]:
    """The tiers of intervals, in the long or the short format, and the numbers that tell where the
    grid and its tiers of points end. Raises CorruptSubtitles.
    """
    tokens = Tokens(text)
    if not tokens.label("the file type").startswith("ooTextFile"):
        raise tokens.corrupt('the file type "ooTextFile"', "another")
    if tokens.label("the object class") != "TextGrid":
        raise tokens.corrupt('the object class "TextGrid"', "another")
    tokens.number("where the grid begins")
    ends = [tokens.number("where the grid ends")]
    tiers = []
    for _ in range(tokens.count("how many tiers there are")):
        kind, name = tokens.label("the class of a tier"), tokens.label("the name of a tier")
        if kind == INTERVALS:
            tiers.append(_intervals(tokens, name))
        elif kind == POINTS:
            ends.append(_points(tokens))
        else:
            raise tokens.corrupt(f"the class {INTERVALS} or {POINTS}", kind)
    return tuple(tiers), tuple(ends)


def _intervals(tokens: Tokens, name: str) -> Tier:
    begin, end = tokens.number("where a tier begins"), tokens.number("where a tier ends")
    labels: list[str] = []
    numbers = [[begin]]
    for _ in range(tokens.count("how many intervals the tier has")):
        boundary, start = numbers[-1], tokens.number("where an interval begins")
        _check_contiguous(tokens, boundary[0], start)
        boundary.append(start)
        numbers.append([tokens.number("where an interval ends")])
        _check_ascending(tokens, boundary[0], numbers[-1][0])
        labels.append(tokens.label("the text of an interval"))
    if labels:
        _check_contiguous(tokens, numbers[-1][0], end)
        numbers[-1].append(end)
    else:
        numbers.append([end])
        _check_ascending(tokens, begin, end)
    found = tuple(Boundary(item[0].value, tuple(item)) for item in numbers)
    return Tier(name, tuple(labels), found)


def _points(tokens: Tokens) -> Number:
    tokens.number("where a tier begins")
    end = tokens.number("where a tier ends")
    for _ in range(tokens.count("how many points the tier has")):
        tokens.number("the time of a point")
        tokens.label("the mark of a point")
    return end


def _check_contiguous(tokens: Tokens, end: Number, start: Number) -> None:
    if abs(end.value - start.value) > SLACK_SEC:
        raise tokens.corrupt(f"the boundary at {end.value:g}", start)


def _check_ascending(tokens: Tokens, start: Number, end: Number) -> None:
    if end.value < start.value:
        raise tokens.corrupt(f"a time after {start.value:g}", end)
