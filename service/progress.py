"""A bar on the terminal for work that takes minutes."""

import time
from collections.abc import Callable
from typing import Final, TextIO

WIDTH: Final = 30  # characters of the bar
LEAST_SEC: Final = 2.0  # of work, before there is anything to show
CLEAR_LINE: Final = "\r\x1b[K"

Clock = Callable[[], float]  # seconds


class ProgressBar:
    """How much of a recording has been heard. Nothing is shown where nobody looks at a terminal.

    Whoever makes one closes it.
    """

    def __init__(self, terminal: TextIO, clock: Clock = time.monotonic) -> None:
        self._terminal = terminal
        self._clock = clock
        self._began = clock()
        self._shown = False

    def show(self, done_sec: float, total_sec: float) -> None:
        """`done_sec` of `total_sec` seconds of audio have been heard."""
        spent = self._clock() - self._began
        if spent < LEAST_SEC or not self._terminal.isatty():
            return
        share = min(1.0, done_sec / total_sec) if total_sec else 1.0
        bar = "#" * round(share * WIDTH)
        left = spent / share - spent if share else 0.0
        told = f"about {left:.0f} s left" if share < 1 else "placing the words"
        self._shown = True  # before it is, so that an interrupt between the two wipes it off
        self._terminal.write(f"{CLEAR_LINE}[{bar:<{WIDTH}}] {share:4.0%}, {told}")
        self._terminal.flush()

    def close(self) -> None:
        """Clear the line, if anything stands there."""
        if self._shown:
            self._terminal.write(CLEAR_LINE)
            self._terminal.flush()
