"""The figures of the reports."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FAR_SEC: Final = 0.15  # an error that a reader of subtitles sees


def errors(errors_sec: Sequence[float]) -> str:
    """Median / 90th percentile of absolute errors in ms, and the share of those that are far;
    errors that are not a number are left out.
    """
    known = np.abs([error for error in errors_sec if not np.isnan(error)])
    if not len(known):
        return "-"
    median, p90 = 1000 * np.percentile(known, [50, 90])
    return f"{median:.0f} / {p90:.0f} ms, {share(int(np.sum(known > FAR_SEC)), len(known))}"


def share(part: int, whole: int) -> str:
    """In percent."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def table(header: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    """In Markdown."""
    yield _row(header)
    yield "|" + "---|" * len(header)
    yield from map(_row, rows)


def roc_area(matching: Floats, others: Floats) -> float:
    """The chance that a matching one has more than another; a tie counts half."""
    more = np.mean(matching[:, None] > others[None, :])
    equal = np.mean(matching[:, None] == others[None, :])
    return float(more + equal / 2)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
