"""What absorbing a frame should cost: errors of starts where texts lack words, and where not."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from export.demo.trust.figures import errors, table
from export.demo.trust.listening import Heard, Speech
from export.demo.trust.variants import FOREIGN, Variant, exact, with_foreign, without_ends
from service.placing.placement import PlacementRule

NEVER: Final = -np.inf  # no frame is absorbed
COSTS: Final = (NEVER, -5.0, -3.0, -2.0, -1.0, -0.5, -0.25)  # natural log, a frame
_VARIANTS: Final[Sequence[tuple[str, Callable[[Sequence[str]], Variant | None]]]] = (
    ("exact", exact),
    ("without both ends", without_ends),
    ("a foreign word", with_foreign),
)


def report(speeches: Sequence[Speech]) -> Iterator[str]:
    """Errors of all words but the foreign one, and of its own start and end. No word is left out:
    that would hide where the path goes wrong.
    """
    header = ["", "text", *("never" if cost == NEVER else f"{cost:g}" for cost in COSTS)]
    yield from table(header, (row for speech in speeches for row in _rows(speech)))


def _rows(speech: Speech) -> Iterator[list[str]]:
    for name, vary in _VARIANTS:
        found = [_errors(speech, vary, cost) for cost in COSTS]
        yield [speech.name, name, *(errors(starts) for starts, _, _ in found)]
        if vary is with_foreign:
            yield [speech.name, "its start", *(errors(starts) for _, starts, _ in found)]
            yield [speech.name, "its end", *(errors(ends) for _, _, ends in found)]


def _errors(
    speech: Speech, vary: Callable[[Sequence[str]], Variant | None], cost: float
) -> tuple[list[float], list[float], list[float]]:
    """Seconds, signed: of starts, and of foreign words' starts and ends."""
    rule = PlacementRule(absorb=cost, unsaid=-np.inf)
    plain: list[float] = []
    starts: list[float] = []
    ends: list[float] = []
    for heard in speech.heard:
        variant = vary(heard.words)
        found = variant and speech.model.find(heard, variant.words, rule=rule)
        if not variant or not found:
            continue
        for word, own in zip(found.words, variant.said, strict=True):
            if own is None or word.start is None or word.end is None:
                continue
            late = float(word.start - heard.onsets_sec[own])
            if word.word == FOREIGN:
                starts.append(late)
                ends.append(float(word.end - _end(heard, own)))
            else:
                plain.append(late)
    return plain, starts, ends


def _end(heard: Heard, word: int) -> float:
    return float(heard.ends_sec[word])
