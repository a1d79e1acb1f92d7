"""Word edges from CTC spikes and the level of the sound.

A CTC model holds a letter on a frame or two and the blank in between: a word begins with its first
spike, but its last spike ends long before its sound does. The sound goes on until it falls quiet,
or until the next word begins.

Quiet is told against the sound around the last spike and the background near it, so that gain,
noise and a room's echo matter little: a hop is quiet whose level lies in the lowest `quiet_share`
of what lies between the two, or of `range_db` where that is less. A stop's closure is quiet too,
but shorter than `pause_sec`; before the next word less will do, as that word's closure comes after
its beginning. Where nothing is quiet, words follow one another: the one ends where the other
begins, unless that is far, or something else stands between them.

The constants were fitted by `python -m export.demo edges` on synthesised speech, for models of 20
and of 40 ms frames together; docs/EMBEDDED_MODELS.md has the figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.levels import HOPS_A_SEC, Levels
from service.spans import FrameClock, TokenSpan

AROUND_SPIKE_SEC: Final = 0.02  # before and after the last spike: its letter's sound
AROUND_WORD_SEC: Final = 5.0  # before and after the last spike: its background
BACKGROUND_SHARE: Final = 0.05  # of what is around a word is quieter than its background
SHORT_PAUSE_SEC: Final = 0.06  # of quiet that lasts until the next word begins
LAST_SOUND_SEC: Final = 0.8  # a token of several letters may be held that long
FAINTEST_DB: Final = 20.0  # below the word's loudest; no last sound counts as less
LEAST_CONTRAST_DB: Final = 6.0  # between sound and background; with less, nothing is told apart
FINAL_SOUND_SEC: Final = 0.1  # after the last spike, where nothing is quiet and no word adjoins


@dataclass(frozen=True)
class EdgeRule:
    """What was fitted: when a word's sound has ended."""

    range_db: float = 35.0  # below the last sound nothing is told apart
    quiet_share: float = 0.3  # of the range between the background and the last sound
    pause_sec: float = 0.12  # of quiet that ends a word, whatever follows


FITTED: Final = EdgeRule()


def word_edges(
    spans: Sequence[TokenSpan],
    next_start: int | None,
    clock: FrameClock,
    levels: Levels,
    *,
    adjoining: bool = True,
    rule: EdgeRule = FITTED,
) -> tuple[float, float]:
    """Start and end of a word in seconds, rounded to a millisecond.

    spans: the word's own, at least one; next_start: the frame at which the next word begins, not
    before the last span's end, or None; levels: float32 [M], dB, of the whole recording, by hops of
    LEVEL_HOP_SEC, as `service.levels` gives them; adjoining: whether nothing else is said before
    the next word, which this one may then run into. The start is the first span's. The end is never
    before the last span's, nor after the next word's start or the audio's end.
    """
    first, last = clock.seconds(spans[0].start), clock.seconds(spans[-1].end)
    limit = clock.duration_sec if next_start is None else clock.seconds(next_start)
    end = _end_of_sound(spans, (last, limit), clock, levels, rule)
    if end is None:
        runs_on = adjoining and next_start is not None and limit - last <= LAST_SOUND_SEC
        end = limit if runs_on else last + FINAL_SOUND_SEC
    return first, round(max(last, min(end, limit)), 3)


def _end_of_sound(
    spans: Sequence[TokenSpan],
    gap: tuple[float, float],
    clock: FrameClock,
    levels: Levels,
    rule: EdgeRule,
) -> float | None:
    """Where quiet begins in the gap after the last span, in seconds; None where it does not."""
    begin, limit = _hop(gap[0]), min(_hop(gap[1]), len(levels))
    starts = [_hop(clock.seconds(spans[index].start)) for index in (0, -1)]
    threshold = _threshold(starts[0], starts[1], begin, levels, rule)
    pause, short = _hop(rule.pause_sec), _hop(SHORT_PAUSE_SEC)
    quiet = levels[begin : min(limit, begin + _hop(LAST_SOUND_SEC) + pause)] < threshold
    for start, end in _runs(quiet):
        if end - start >= (short if begin + end == limit else pause):
            return (begin + start) / HOPS_A_SEC
    return None


def _threshold(start: int, spike: int, end: int, levels: Levels, rule: EdgeRule) -> float:
    """The level below which it is quiet, in dB; less than any where that cannot be told.

    start, spike, end: the hops at which the word and its last span begin, and at which that ends.
    """
    margin, reach = _hop(AROUND_SPIKE_SEC), _hop(AROUND_WORD_SEC)
    word = levels[start : end + 1]
    sound = levels[max(0, spike - margin) : end + margin + 1]
    if not (len(word) and len(sound)):  # beyond the recording
        return -np.inf
    loud = max(float(sound.max()), float(word.max()) - FAINTEST_DB)
    background = _background(levels[max(0, end - reach) : end + reach])
    quietest = max(background, loud - rule.range_db)
    if loud - quietest < LEAST_CONTRAST_DB:
        return -np.inf
    return quietest + rule.quiet_share * (loud - quietest)


def _background(around: Levels) -> float:
    """The level below which BACKGROUND_SHARE of the hops lie."""
    place = int(BACKGROUND_SHARE * len(around))
    return float(np.partition(around, place)[place])


def _runs(chosen: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open stretches of what is chosen, in order. chosen: bool [n]."""
    framed = np.zeros(len(chosen) + 2, dtype=bool)
    framed[1:-1] = chosen
    changes = np.flatnonzero(framed[1:] != framed[:-1])
    return [(int(start), int(end)) for start, end in changes.reshape(-1, 2)]


def _hop(seconds: float) -> int:
    """The nearest hop's edge."""
    return round(seconds * HOPS_A_SEC)
