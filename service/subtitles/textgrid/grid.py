"""Praat's TextGrid: tiers of intervals whose boundaries move.

The intervals of a tier are contiguous: where one ends the next begins. The cues are the labelled
intervals of one tier; the empty ones between them take what is left. No interval is added: where a
label has no empty one beside it, an edge of it may stay where no word is, and the cues tell so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.errors import EmptySubtitles, InvalidField
from service.subtitles.cue import Cue, Edit, Times, edited
from service.subtitles.spoken import spoken_label
from service.subtitles.textgrid.reader import Boundary, Tier, read_tiers
from service.subtitles.textgrid.tokens import Number

SAME_SEC: Final = 1e-6  # two numbers that differ by less are one boundary
LEAST_SEC: Final = 1e-3  # an interval that is squeezed keeps this, unless it was shorter before
DIGITS: Final = 6  # after the point, of a time that has moved


@dataclass(frozen=True)
class Grid:
    """A TextGrid and the tier whose intervals are the cues.

    ends: the numbers that tell where the grid and its tiers without intervals end.
    """

    text: str
    tiers: tuple[Tier, ...]
    chosen: Tier
    ends: tuple[Number, ...]

    @property
    def cues(self) -> tuple[Cue, ...]:
        """The labelled intervals of the tier, in order."""
        labels, values = self.chosen.labels, self.chosen.values.tolist()
        return tuple(
            Cue(labels[index], spoken_label(labels[index]), values[index], values[index + 1])
            for index in self.chosen.spoken
        )

    def retimed(self, times: Sequence[Times]) -> str:
        """The text with the tier's boundaries moved.

        An interval begins where its cue does, and ends where its cue ends if an empty interval
        follows, else where the next begins. The ends of the grid stay, unless a cue ends after it:
        then it gets longer. A tier that shares a boundary with this one, other than the ends, moves
        along in proportion; others stay, and so do points.
        """
        old = self.chosen.values
        new = _in_order(old, self._wanted(times))
        edits: list[Edit] = []
        for tier in self.tiers:
            follows = tier is self.chosen or _shares(tier.values, old)
            moved = _along(tier.values, old, new) if follows else tier.values.copy()
            if new[-1] > old[-1]:
                moved[-1] = max(moved[-1], new[-1])
            for boundary, value in zip(tier.boundaries, moved.tolist(), strict=True):
                edits += _rewritten(boundary, value)
        for number in self.ends:
            value = float(new[-1] if new[-1] > old[-1] else 0)
            edits += _rewritten(Boundary(number.value, (number,)), max(number.value, value))
        return edited(self.text, edits)

    def _wanted(self, times: Sequence[Times]) -> NDArray[np.float64]:
        """float64 [intervals + 1]: where boundaries should be; NaN where nobody asks."""
        wanted = np.full(len(self.chosen.values), np.nan)
        spans = list(zip(self.chosen.spoken, self.cues, times, strict=True))
        for index, cue, new in spans:
            wanted[index + 1] = cue.end if new is None else new[1]
        for index, cue, new in spans:  # a start counts for more than an end
            wanted[index] = cue.start if new is None else new[0]
        return wanted


def read_grid(text: str, tier: str | None = None) -> Grid:
    """Read a TextGrid in the long or the short format.

    tier: the name of the one to take; needed where more than one has labelled intervals. Raises
    CorruptSubtitles, EmptySubtitles, or InvalidField for a tier that is not there.
    """
    tiers, ends = read_tiers(text)
    return Grid(text, tiers, _choose(tiers, tier), ends)


def _choose(tiers: Sequence[Tier], name: str | None) -> Tier:
    labelled = [tier for tier in tiers if tier.spoken]
    found = [tier for tier in labelled if name in (None, tier.name)]
    if not labelled:
        raise EmptySubtitles("expected a tier with labelled intervals, got none", param="subtitles")
    if not found or (name is None and len(found) > 1):
        names = [tier.name for tier in labelled]
        got = "none" if name is None else repr(name)
        raise InvalidField(
            f"expected one of the tiers {', '.join(names)}, got {got}", param="tier", tiers=names
        )
    return found[0]


def _in_order(old: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boundaries [intervals + 1] in seconds, as wanted but ascending, the first where it was.

    What nobody asks for keeps its place between its neighbours.
    """
    new = wanted.copy()
    new[0] = old[0]
    last = min(old[-1] - old[-2], LEAST_SEC)  # of an empty interval after the last cue
    new[-1] = np.nanmax([old[-1], wanted[-1], *(wanted[:-1] + last)])
    asked = ~np.isnan(new)
    new[~asked] = np.interp(old[~asked], old[asked], new[asked])
    # Ascending once the least lengths are taken off, which are put on again.
    least = np.concatenate([[0.0], np.cumsum(np.minimum(np.diff(old), LEAST_SEC))])
    slack = np.maximum.accumulate(new - least)
    return np.maximum.accumulate(np.minimum(slack, new[-1] - least[-1]) + least)


def _shares(values: NDArray[np.float64], old: NDArray[np.float64]) -> bool:
    """Whether a boundary within both tiers is the same."""
    # One of `old` lies between a boundary less SAME_SEC and the same boundary plus it.
    places = [np.searchsorted(old[1:-1], values[1:-1] + shift) for shift in (-SAME_SEC, SAME_SEC)]
    return bool((places[0] < places[1]).any())


def _along(
    values: NDArray[np.float64], old: NDArray[np.float64], new: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Boundaries of another tier, moved in proportion between those of this one."""
    within = (old[0] <= values) & (values <= old[-1])
    return np.where(within, np.interp(values, old, new), values)


def _rewritten(boundary: Boundary, value: float) -> Iterator[Edit]:
    """A boundary that has not moved stays as it was written."""
    if abs(value - boundary.value) > SAME_SEC:
        digits = f"{value:.{DIGITS}f}".rstrip("0").rstrip(".")
        for number in boundary.numbers:
            yield number.start, number.end, digits
