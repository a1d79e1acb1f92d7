"""A bar on the terminal for work that takes minutes: tqdm's, where somebody looks at it."""

import math
import os
import threading
from typing import Final, TextIO

from tqdm import tqdm

LEAST_SEC: Final = 2.0  # of work, before there is anything to show
OFTEN_SEC: Final = 0.1  # between two looks of the bar
# What is told beside the bar changes, so it stands where tqdm has a description.
ONE: Final = "[{bar:30}] {percentage:3.0f}%, {desc}"
MANY: Final = "[{bar:30}] {desc}"
USUAL_WIDTH, USUAL_HEIGHT = 80, 24  # characters of a terminal that does not tell


class _Bar(tqdm):  # type: ignore[misc]  # tqdm has no types
    """tqdm without its thread that watches for stalled bars, and without a lock for processes."""

    monitor_interval = 0
    _lock = threading.RLock()

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """It counts as shown before it is, so that an interrupt between the two wipes it off."""
        self.last_print_t = self._time()
        return bool(super().display(msg, pos))


def _bar(terminal: TextIO, form: str, total: float, delay: float) -> _Bar:
    """A bar that is wiped off at the end, and is none where nobody looks at a terminal."""
    return _Bar(
        total=total,
        file=terminal,
        ncols=_width_of(terminal),
        nrows=USUAL_HEIGHT,
        bar_format=form,
        ascii=" #",
        leave=False,
        delay=delay,
        mininterval=OFTEN_SEC,
        miniters=0,
        smoothing=0,
        disable=not terminal.isatty(),
    )


def _width_of(terminal: TextIO) -> int:
    """Where a terminal says that it has none, as some do, tqdm would show nothing."""
    try:
        return os.get_terminal_size(terminal.fileno()).columns or USUAL_WIDTH
    except OSError:  # it is none
        return USUAL_WIDTH


class ProgressBar:
    """How much of a recording has been heard. Whoever makes one closes it."""

    def __init__(self, terminal: TextIO) -> None:
        self._bar = _bar(terminal, ONE, 1.0, LEAST_SEC)

    def show(self, done_sec: float, total_sec: float) -> None:
        """`done_sec` of `total_sec` seconds of audio have been heard."""
        share = min(1.0, done_sec / total_sec) if total_sec else 1.0
        told = _left(self._bar, share) if share < 1 else "placing the words"
        self._bar.set_description_str(told, refresh=False)
        self._bar.update(share - self._bar.n)

    def close(self) -> None:
        """Clear the line, if anything stands there."""
        self._bar.close()


class CountBar:
    """How many of many recordings are done. Whoever makes one closes it."""

    def __init__(self, terminal: TextIO, total: int) -> None:
        self._terminal = terminal
        self._total = total
        self._bar = _bar(terminal, MANY, total, 0.0)
        self.show(0.0, 0)

    def show(self, done: float, failed: int) -> None:
        """`done`: recordings, and shares of those that are being heard; `failed`: of the done."""
        told = f"{math.floor(done)} of {self._total} recordings, "
        told += f"{failed} failed, " if failed else ""
        share = done / self._total if self._total else 1.0
        self._bar.set_description_str(told + _left(self._bar, share), refresh=done == 0)
        self._bar.update(done - self._bar.n)

    def say(self, line: str) -> None:
        """A line of its own above the bar; also where there is no bar."""
        with _Bar.external_write_mode(self._terminal):
            self._terminal.write(f"{line}\n")
            self._terminal.flush()

    def close(self) -> None:
        """Clear the line, if anything stands there."""
        self._bar.close()


def _left(bar: _Bar, share: float) -> str:
    """How long the rest takes if it goes as the part so far."""
    if bar.disable or share <= 0:
        return "about ... left"
    spent = bar.format_dict["elapsed"]
    return f"about {bar.format_interval(spent / share - spent)} left"
