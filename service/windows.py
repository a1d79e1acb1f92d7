"""Where a model listens: windows over a recording's frames, with context around what is kept.

A plan, and no more: service/chunking.py hears it. Attention costs the square of what it reaches, so
windows are short; context is heard twice, so there are few of them: as many as the longest that is
allowed makes needful, all of one length.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from service.framing import Framing


@dataclass(frozen=True)
class Windowing:
    """How long audio is cut: at most so much is kept of a window, with context on each side."""

    kept_sec: float
    context_sec: float

    def frames(self, framing: Framing, sample_rate: int) -> tuple[int, int]:
        """The most that is kept of an inner window, and its context, in frames."""
        frame_sec = framing.stride / sample_rate
        return max(1, round(self.kept_sec / frame_sec)), round(self.context_sec / frame_sec)


# 10 s are heard at a time: docs/decisions/008-windows.md.
WINDOWING: Final = Windowing(kept_sec=8.0, context_sec=1.0)


class Window(NamedTuple):
    """Frames of the whole: the model hears [first, last), and [begin, end) of it are kept."""

    first: int
    last: int
    begin: int
    end: int

    @property
    def kept(self) -> slice:
        """Of the frames that are heard."""
        return slice(self.begin - self.first, self.end - self.first)


class Stretch(NamedTuple):
    """Frames [begin, end) of the whole, that are heard as a recording of their own would be."""

    begin: int
    end: int


def windows(frames: int, kept: int, context: int) -> Iterator[Window]:
    """Windows over a recording: the fewest of at most kept + 2 * context frames, and all of one
    length, as short as they can be.

    What is kept covers every frame once, with at least `context` heard on each side but for the
    ends of the recording; two windows meet in the middle of what both hear.
    """
    count = max(1, _ceiling(frames - 2 * context, kept))
    length = _ceiling(frames + 2 * context * (count - 1), count)
    firsts = [index * (frames - length) // max(1, count - 1) for index in range(count)]
    seams = [(following + before + length) // 2 for before, following in itertools.pairwise(firsts)]
    for first, begin, end in zip(firsts, [0, *seams], [*seams, frames], strict=True):
        yield Window(first, first + length, begin, end)


def windows_over(stretches: Iterable[Stretch], kept: int, context: int) -> Iterator[Window]:
    """Windows over each stretch, in order, and over nothing else."""
    for begin, end in stretches:
        for window in windows(end - begin, kept, context):
            yield Window(*(begin + frame for frame in window))


def _ceiling(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
