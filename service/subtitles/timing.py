"""From the times of words to the times of cues.

    cues -> script (one line a cue, in the order of time) -> words with times -> new times of cues

A cue begins with its first word that was found and ends with its last. A cue in which nothing is
said, or of which too little was found, moves with its neighbours and keeps its length, as far as
there is room. Cues that did not overlap do not overlap afterwards, and none passes the end of the
audio while there is a millisecond for each.
"""

import heapq
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from service.errors import EmptySubtitles
from service.spans import Segment, Word
from service.subtitles.cue import Cue

CueStatus = Literal["retimed", "moved", "kept"]

LEAST_FOUND: Final = 0.5  # of a cue's words that can be spoken; with fewer, its edges are a guess
LEAST_SEC: Final = 0.001  # that a cue lasts: players and WebVTT want its end after its start


@dataclass(frozen=True)
class Script:
    """What the cues say, a line a cue, in the order of their times.

    cues[i]: the cue of line i; starts[i]: the place of its first character in the text.
    """

    text: str
    cues: tuple[int, ...]
    starts: tuple[int, ...]


@dataclass(frozen=True)
class Heard:
    """When a cue is said, in seconds; `score` in [0, 1], of its words together."""

    start: float
    end: float
    score: float


@dataclass(frozen=True)
class Timing:
    """The new times of a cue in seconds; `score` is None unless the cue was heard."""

    start: float
    end: float
    score: float | None
    status: CueStatus


def script_of(cues: Sequence[Cue]) -> Script:
    """The transcript of all cues in which something is said. Raises EmptySubtitles if none is."""
    order = [index for index in _by_time(cues) if cues[index].spoken]
    if not order:
        raise EmptySubtitles(
            f"expected cues with words to align, got {len(cues)} without any", param="subtitles"
        )
    lines = [cues[index].spoken for index in order]
    starts = np.cumsum([0, *(len(line) + 1 for line in lines[:-1])]).tolist()
    return Script("\n".join(lines), tuple(order), tuple(starts))


def heard_cues(
    script: Script, words: Sequence[Word], segments: Sequence[Segment]
) -> dict[int, Heard]:
    """Cue -> when it is said, for those of which enough was found; segments: one a line."""
    heard = {}
    for cue, line in zip(script.cues, segments, strict=True):
        found = _heard(words[line.first_word : line.end_word], line.score)
        if found is not None:
            heard[cue] = found
    return heard


def new_times(
    cues: Sequence[Cue],
    heard: dict[int, Heard],
    duration_sec: float,
    linger_sec: float = 0.0,
) -> tuple[Timing, ...]:
    """New times for every cue, in the order of the file; all are kept if none was heard.

    duration_sec: of the audio, which no new time passes; a cue that would begin after it gets its
    last moment. linger_sec: how long a cue that was heard stays after its last word, if no other
    begins.
    """
    if not heard:
        return tuple(Timing(cue.start, cue.end, None, "kept") for cue in cues)
    order = _by_time(cues)
    moved = _moved_with_neighbours(cues, order, heard)
    starts = {index: heard[index].start if index in heard else moved[index] for index in order}
    ends = {
        index: heard[index].end + linger_sec
        if index in heard
        else starts[index] + _length(cues[index])
        for index in order
    }
    _cut_before_the_next(cues, order, heard, starts, ends)
    _keep_apart(cues, order, starts, ends)
    _end_with_the_audio(cues, order, round(duration_sec, 3), starts, ends)
    return tuple(
        _timing(heard.get(index), starts[index], ends[index]) for index in range(len(cues))
    )


def _by_time(cues: Sequence[Cue]) -> list[int]:
    return sorted(range(len(cues)), key=lambda index: (cues[index].start, cues[index].end, index))


def _length(cue: Cue) -> float:
    return max(0.0, cue.end - cue.start)


def _heard(words: Sequence[Word], score: float | None) -> Heard | None:
    found = [word for word in words if word.status == "aligned"]
    missing = sum(word.status == "not_found" for word in words)
    if not found or len(found) < LEAST_FOUND * (len(found) + missing):
        return None
    times = [(word.start or 0.0, word.end or 0.0) for word in found]
    return Heard(times[0][0], max(end for _, end in times), score or 0.0)


def _moved_with_neighbours(
    cues: Sequence[Cue], order: Sequence[int], heard: dict[int, Heard]
) -> dict[int, float]:
    """Cue -> its start, moved as the heard cues before and after it were: in proportion between
    them, by as much outside them.
    """
    old: list[float] = []
    new: list[float] = []
    known = [index for index in order if index in heard]
    followers = [*(cues[index].start for index in known[1:]), math.inf]
    for index, follower in zip(known, followers, strict=True):
        old.append(cues[index].start)
        new.append(heard[index].start)
        if cues[index].start < cues[index].end <= follower:
            old.append(cues[index].end)
            new.append(heard[index].end)
    shifts = np.subtract(np.maximum.accumulate(new), old)
    starts = np.array([cues[index].start for index in order])
    moved = np.maximum(0.0, starts + np.interp(starts, old, shifts))
    return dict(zip(order, moved.round(3).tolist(), strict=True))


def _cut_before_the_next(
    cues: Sequence[Cue],
    order: Sequence[int],
    heard: dict[int, Heard],
    starts: dict[int, float],
    ends: dict[int, float],
) -> None:
    """A cue lingers until any other begins; one that was moved is cut only where the other began
    after its end before.
    """
    followers = _followers(cues, order)
    nearest = np.minimum.accumulate([starts[index] for index in reversed(order)])[::-1].tolist()
    for place, index in enumerate(order):
        said, follower = starts[index], followers[place]
        if index in heard:
            said, follower = heard[index].end, place + 1
        if follower < len(order):
            ends[index] = min(ends[index], max(said, nearest[follower]))


def _followers(cues: Sequence[Cue], order: Sequence[int]) -> list[int]:
    """Of each place in `order`, the next that begins after its cue was over in the old times."""
    begins = [cues[index].start for index in order]
    overs = [cues[index].start + _length(cues[index]) for index in order]
    return [max(place + 1, bisect_left(begins, over)) for place, over in enumerate(overs)]


def _keep_apart(
    cues: Sequence[Cue], order: Sequence[int], starts: dict[int, float], ends: dict[int, float]
) -> None:
    """Each cue lasts a moment at least, and begins after those that were over when it began."""
    running: list[tuple[float, float]] = []  # old end, new end
    over = 0.0
    for index in order:
        cue = cues[index]
        while running and running[0][0] <= cue.start:
            over = max(over, heapq.heappop(running)[1])
        starts[index] = max(starts[index], over)
        ends[index] = max(round(ends[index], 3), round(starts[index] + LEAST_SEC, 3))
        heapq.heappush(running, (cue.start + _length(cue), ends[index]))


def _end_with_the_audio(
    cues: Sequence[Cue],
    order: Sequence[int],
    last: float,
    starts: dict[int, float],
    ends: dict[int, float],
) -> None:
    """What passes `last` is pushed back, and what stands in its way before it."""
    if max(ends.values()) <= last:
        return
    followers = _followers(cues, order)
    earliest = [last] * (len(order) + 1)  # start from each place on
    for place in reversed(range(len(order))):
        index = order[place]
        ends[index] = min(ends[index], earliest[followers[place]])
        starts[index] = max(0.0, min(starts[index], round(ends[index] - LEAST_SEC, 3)))
        earliest[place] = min(earliest[place + 1], starts[index])
    _keep_apart(cues, order, starts, ends)  # more cues than the audio has milliseconds


def _timing(heard: Heard | None, start: float, end: float) -> Timing:
    score = None if heard is None else heard.score
    return Timing(start, end, score, "moved" if heard is None else "retimed")
