"""The bars are there where somebody looks, and leave nothing behind."""

import io
from contextlib import closing

import pytest

from service.progress import LEAST_SEC, CountBar, ProgressBar


class Terminal(io.StringIO):
    """A screen, or a file that is none."""

    def __init__(self, *, looked_at: bool) -> None:
        super().__init__()
        self._looked_at = looked_at

    def isatty(self) -> bool:
        """Whether somebody looks."""
        return self._looked_at

    @property
    def lines(self) -> list[str]:
        """What stands on the screen in the end, without spaces at the ends of lines."""
        shown = [""]
        for part in self.getvalue().replace("\x1b[A", "").split("\n"):
            for text in part.split("\r"):
                shown[-1] = text + shown[-1][len(text) :]
            shown.append("")
        return [line.rstrip() for line in shown[:-1]]


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("tqdm.std.time", clock)
    return clock


@pytest.mark.parametrize(
    ("done_sec", "expected"),
    [
        (0.0, "[                              ]   0%, about ... left"),
        (900.0, "[#######                       ]  25%, about 00:30 left"),
        (3600.0, "[##############################] 100%, placing the words"),
    ],
)
def test_a_terminal_is_told_how_much_is_done(clock: Clock, done_sec: float, expected: str) -> None:
    """And how long the rest may take, as long as the part so far took."""
    terminal = Terminal(looked_at=True)
    with closing(ProgressBar(terminal)) as bar:
        clock.now += 10.0
        bar.show(done_sec, 3600.0)
        assert terminal.lines[-1] == expected


def test_the_line_is_cleared_at_the_end_and_after_errors(clock: Clock) -> None:
    """What is printed next begins on an empty line."""
    terminal = Terminal(looked_at=True)

    def interrupted() -> None:
        with closing(ProgressBar(terminal)) as bar:
            clock.now += 10.0
            bar.show(1.0, 2.0)
            assert "50%" in terminal.getvalue()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert terminal.lines == [""]
    assert terminal.getvalue().endswith("\r")


class Interrupting(Terminal):
    """A screen before which somebody presses Ctrl-C as soon as anything stands there."""

    def write(self, text: str) -> int:
        """The first time, it is interrupted."""
        first = not self.getvalue()
        count = super().write(text)
        if first:
            raise KeyboardInterrupt
        return count


def test_an_interrupt_while_the_bar_is_shown_wipes_it_off(clock: Clock) -> None:
    """As soon as a letter of it may stand there."""
    terminal = Interrupting(looked_at=True)
    bar = ProgressBar(terminal)
    clock.now += 10.0
    with pytest.raises(KeyboardInterrupt):
        bar.show(1.0, 2.0)
    assert "50%" in terminal.getvalue()
    bar.close()
    assert terminal.getvalue().endswith("\r")


@pytest.mark.parametrize(("looked_at", "sec"), [(False, 60.0), (True, LEAST_SEC / 2)])
def test_nothing_is_shown_to_a_file_or_for_a_moment(
    clock: Clock, *, looked_at: bool, sec: float
) -> None:
    """Logs stay clean, and short work needs no bar."""
    terminal = Terminal(looked_at=looked_at)
    with closing(ProgressBar(terminal)) as bar:
        clock.now += sec
        bar.show(1.0, 2.0)
    assert terminal.getvalue() == ""


def test_recordings_are_counted(clock: Clock) -> None:
    """With parts of those that are being heard, how many failed, and what is left."""
    terminal = Terminal(looked_at=True)
    with closing(CountBar(terminal, 4)) as bar:
        clock.now += 10.0
        bar.show(1.5, 1)
        assert terminal.lines[-1].endswith("1 of 4 recordings, 1 failed, about 00:16 left")
        clock.now += 1.0
        bar.show(2.0, 1)
        assert terminal.lines[-1].endswith("2 of 4 recordings, 1 failed, about 00:11 left")
    assert terminal.lines == [""]


@pytest.mark.parametrize("looked_at", [True, False])
def test_what_is_said_stands_on_a_line_of_its_own(clock: Clock, *, looked_at: bool) -> None:
    """Above the bar; where there is none, it is all that is written."""
    terminal = Terminal(looked_at=looked_at)
    with closing(CountBar(terminal, 2)) as bar:
        clock.now += 10.0
        bar.show(1.0, 0)
        bar.say("failed: a.wav")
        assert terminal.lines[-2].strip() == "failed: a.wav"
        assert ("1 of 2" in terminal.lines[-1]) == looked_at
    assert terminal.lines[:1] == ["failed: a.wav"]
    assert looked_at or terminal.getvalue() == "failed: a.wav\n"
