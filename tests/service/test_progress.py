"""The bar is there where somebody looks, and leaves nothing behind."""

import io
from contextlib import closing

import pytest

from service.progress import CLEAR_LINE, LEAST_SEC, ProgressBar


class Terminal(io.StringIO):
    """A screen, or a file that is none."""

    def __init__(self, *, looked_at: bool) -> None:
        super().__init__()
        self._looked_at = looked_at

    def isatty(self) -> bool:
        """Whether somebody looks."""
        return self._looked_at


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.mark.parametrize(
    ("done_sec", "expected"),
    [
        (0.0, "[                              ]   0%, about 0 s left"),
        (900.0, "[########                      ]  25%, about 30 s left"),
        (3600.0, "[##############################] 100%, placing the words"),
    ],
)
def test_a_terminal_is_told_how_much_is_done(done_sec: float, expected: str) -> None:
    """And how long the rest may take, as long as the part so far took."""
    clock, terminal = Clock(), Terminal(looked_at=True)
    bar = ProgressBar(terminal, clock)
    clock.now += 10.0
    bar.show(done_sec, 3600.0)
    assert terminal.getvalue() == CLEAR_LINE + expected


def test_the_line_is_cleared_at_the_end_and_after_errors() -> None:
    """What is printed next begins on an empty line."""
    clock, terminal = Clock(), Terminal(looked_at=True)

    def interrupted() -> None:
        with closing(ProgressBar(terminal, clock)) as bar:
            clock.now += 10.0
            bar.show(1.0, 2.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert terminal.getvalue().endswith(CLEAR_LINE)


@pytest.mark.parametrize(("looked_at", "sec"), [(False, 60.0), (True, LEAST_SEC / 2)])
def test_nothing_is_shown_to_a_file_or_for_a_moment(*, looked_at: bool, sec: float) -> None:
    """Logs stay clean, and short work needs no bar."""
    clock, terminal = Clock(), Terminal(looked_at=looked_at)
    with closing(ProgressBar(terminal, clock)) as bar:
        clock.now += sec
        bar.show(1.0, 2.0)
    assert terminal.getvalue() == ""
