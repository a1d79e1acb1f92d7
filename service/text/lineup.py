"""The targets of an alignment: one reading a word, and the positions where other speech may be."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from service.text.written import Reading, Target, WrittenText

Gaps = Literal["none", "ends", "lines", "words"]
_FIRST_READINGS: Final[Mapping[int, int]] = {}


@dataclass(frozen=True, eq=False)  # arrays do not compare to one truth
class Lineup:
    """What is to be aligned.

    targets: L of them, separators between words included. free: int64 [F], unique, ascending, in
    [0, L]: in position j, before target j, speech that the text lacks may be absorbed.
    inner: int64 [I], unique, ascending: the other positions between two letters of a word.
    places: of each word in turn, the first and the last of its targets; None for a word without.
    """

    targets: tuple[Target, ...]
    free: NDArray[np.int64]
    inner: NDArray[np.int64]
    places: tuple[tuple[int, int] | None, ...]

    @property
    def tokens(self) -> NDArray[np.int64]:
        """int64 [L]: the targets' tokens."""
        return np.array([target.token for target in self.targets], dtype=np.int64)


def lineup(
    written: WrittenText,
    *,
    readings: Mapping[int, int] = _FIRST_READINGS,
    without: Collection[int] = (),
    gaps: Gaps = "ends",
    opened: Collection[int] = (),
    words: range | None = None,
) -> Lineup:
    """Line up the targets of a text's words.

    readings: word -> which of its readings; the first where it is not named. without: words that
    were not said: each leaves a free position in its stead. gaps: what else is free, "none";
    before the first and after the last target, "ends"; line breaks, too, "lines"; or what stands
    between any two words, "words". opened: words with a free position before them, whatever the
    gaps. words: those to line up, consecutive ones, all by default; `places` has an entry for each.
    """
    chosen = range(len(written.words)) if words is None else words
    breaks = _breaks(written) if gaps == "lines" else ()
    row = _Row(written.separator_id)
    if gaps != "none":
        row.leave_gap()
    for index in chosen:
        if gaps == "words" or index in breaks or index in opened:
            row.leave_gap()
        if index in without:
            row.leave_gap()
            row.places.append(None)
        else:
            word = written.words[index]
            row.add(word.readings[readings.get(index, 0)], word.char_start)
    if gaps != "none":
        row.leave_gap()
    return row.lineup()


def _breaks(written: WrittenText) -> Collection[int]:
    """The words that begin a line."""
    return {segment.first for segment in written.segments if segment.begins_line}


class _Row:
    """Targets as they are put one behind the other."""

    def __init__(self, separator_id: int | None) -> None:
        self.targets: list[Target] = []
        self.places: list[tuple[int, int] | None] = []
        self._free: list[int] = []
        self._inner: list[int] = []
        self._gap = False  # whether the position after the last target is free
        self._separator_id = separator_id

    def leave_gap(self) -> None:
        """Make the position after the last target free, and that after a separator to come."""
        self._gap = True

    def add(self, reading: Reading, char_start: int) -> None:
        """Put a word's targets behind the last, after a separator if there is one."""
        if not reading.targets:
            self._gap |= bool(reading.free)
            self.places.append(None)
            return
        self._gap |= 0 in reading.free
        self._part()
        begin = len(self.targets)
        self.targets += [
            Target(target.token, tuple([place + char_start for place in target.places]))
            for target in reading.targets
        ]
        self._free += [begin + position for position in reading.free]
        self._inner += [begin + position for position in self._joined(reading)]
        self.places.append((begin, len(self.targets) - 1))
        self._gap = len(reading.targets) in reading.free

    def lineup(self) -> Lineup:
        """What was added."""
        self._close_gap()
        free = np.array(sorted(set(self._free)), dtype=np.int64)
        inner = np.array(sorted(set(self._inner).difference(self._free)), dtype=np.int64)
        return Lineup(tuple(self.targets), free, inner, tuple(self.places))

    def _joined(self, reading: Reading) -> Iterator[int]:
        """The positions in a reading where nothing parts the letters."""
        for position in range(1, len(reading.targets)):
            sides = reading.targets[position - 1 : position + 1]
            if self._separator_id not in (sides[0].token, sides[1].token):
                yield position

    def _part(self) -> None:
        """Put the separator, free on both sides where there is a gap."""
        self._close_gap()
        if self.targets and self._separator_id is not None:
            self.targets.append(Target(self._separator_id, ()))
            self._close_gap()

    def _close_gap(self) -> None:
        if self._gap:
            self._free.append(len(self.targets))
