"""Below what evidence a word was not said: words found missing that are, and that are not."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from export.demo.trust.figures import share, table
from export.demo.trust.listening import Speech
from export.demo.trust.variants import (
    Variant,
    alike,
    exact,
    with_inserted,
    with_sentence,
    without_middle,
)
from service.placing.placement import PlacementRule

SEED: Final = 2027
THRESHOLDS: Final = (-2.0, -2.5, -3.0, -3.5, -4.0)  # nats a token
_HEADER: Final = (
    "",
    "threshold",
    "exact: false",
    "1-4 words: found missing",
    "false beside",
    "a sentence: found missing",
    "false beside",
    "middle lacking: false",
)


def report(speeches: Sequence[Speech]) -> Iterator[str]:
    """Shares of words, for each threshold."""
    rows = (_row(speech, threshold) for speech in speeches for threshold in THRESHOLDS)
    yield from table(_HEADER, rows)


def _row(speech: Speech, threshold: float) -> list[str]:
    kinds = zip(*_variants(speech), strict=True)
    same, few, many, lacking = (_counted(speech, kind, threshold) for kind in kinds)
    figures = (same[1], *few, *many, lacking[1])
    return [speech.name, f"{threshold:g}", *(share(*figure) for figure in figures)]


def _variants(speech: Speech) -> Iterator[tuple[Variant | None, ...]]:
    """Of each utterance an exact text, one with few words more, with many, and one with less."""
    random = np.random.default_rng(SEED)
    sentences = [heard.words for heard in speech.heard]
    for index, words in enumerate(sentences):
        other = alike(sentences, index)
        yield (
            exact(words),
            with_inserted(words, other, random),
            with_sentence(words, other, random),
            without_middle(words),
        )


def _counted(
    speech: Speech, variants: Sequence[Variant | None], threshold: float
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Found missing, of those that are, and of those that were said."""
    rule = PlacementRule(unsaid=threshold)
    found = np.zeros((2, 2), dtype=np.int64)  # [is said, (found missing, all)]
    for heard, variant in zip(speech.heard, variants, strict=True):
        result = variant and speech.model.find(heard, variant.words, rule=rule)
        if variant and result:
            for index, own in enumerate(variant.said):
                found[int(own is not None)] += (index in result.placement.missing, 1)
    absent, present = ((int(part), int(whole)) for part, whole in found)
    return absent, present
