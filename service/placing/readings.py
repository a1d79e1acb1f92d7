"""Which reading of a number was said: each is heard where the number stands."""

from collections.abc import Iterable, Mapping

import numpy as np

from service.placing.lines import Lines
from service.placing.placement import Extent, Placement, nearest


def chosen_readings(lines: Lines) -> Mapping[int, int]:
    """Word -> the best of its readings, for the words that have several.

    Raises TranscriptTooLong if not even the first reading of each word fits.
    """
    several = [index for index, word in enumerate(lines.written.words) if len(word.readings) > 1]
    return _chosen(lines, several) if several else {}


def _chosen(lines: Lines, several: Iterable[int]) -> Mapping[int, int]:
    chosen: dict[int, int] = {}
    # A wrong first guess must not squeeze its neighbours: what is too much is absorbed.
    found = lines.run("words", chosen)
    for index in several:
        words, frames = _surroundings(found, index)
        scores = [
            lines.score(words, frames, {**chosen, index: reading})
            for reading in range(len(lines.written.words[index].readings))
        ]
        chosen[index] = int(np.argmax(scores))
    return chosen


def _surroundings(found: Placement, index: int) -> tuple[range, Extent]:
    """A word with its nearest placed neighbours, and the frames of the three."""
    before = nearest(found, range(index - 1, -1, -1))
    after = nearest(found, range(index + 1, len(found.line.places)))
    start = 0 if before is None else found.extent(before).start
    end = len(found.tokens) if after is None else found.extent(after).end
    first = 0 if before is None else before
    last = len(found.line.places) - 1 if after is None else after
    return range(first, last + 1), Extent(start, end)
