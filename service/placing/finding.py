"""The whole search for a text in what was heard.

    readings of numbers -> one exact search -> what was not said is thinned out -> the same search

Each search goes along one line of targets (service/align.py). What the line cannot know is settled
between searches: a number's readings are compared where it stands, and where words cannot have been
said, or speech lies between words that the text lacks, the words are chosen (thinning).
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.placing.lines import Lines
from service.placing.placement import FITTED, Placement, PlacementRule
from service.placing.readings import chosen_readings
from service.placing.thinning import thinned
from service.text.lineup import Gaps
from service.text.written import WrittenText

ROUNDS: Final = 2  # of leaving words out; what is wrong after them is left out without a search


def find_text(
    log_probs: NDArray[np.float32],
    written: WrittenText,
    blank_id: int,
    gaps: Gaps,
    *,
    rule: PlacementRule = FITTED,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Placement:
    """Find a text that has targets.

    log_probs: float32 [T, V]. gaps: where speech that the text lacks is absorbed; with "none" the
    text is taken to be all that is said, and every word gets a place. With the others, words that
    were not said are left out, and gaps are opened where there is speech that the text lacks.
    on_progress is told of every search, often; what it raises ends all of them.

    Raises TranscriptTooLong if not even the first reading of each word fits.
    """
    lines = Lines(log_probs, written, blank_id, rule, on_progress)
    readings = chosen_readings(lines)
    found = lines.run(gaps, readings)
    if gaps == "none":
        return found
    opened: frozenset[int] = frozenset()
    for _ in range(ROUNDS):
        change = thinned(lines, found)
        if change is None:
            return found
        opened |= change.opened
        found = lines.run(gaps, readings, found.missing | change.missing, opened)
    unsaid = found.unsaid(rule)
    return lines.run(gaps, readings, found.missing | unsaid, opened) if unsaid else found
