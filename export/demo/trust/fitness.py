"""The quality of an alignment against the share of a text that was said; what it tells apart."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from export.demo.trust.figures import roc_area, table
from export.demo.trust.listening import Found, Speech
from export.demo.trust.variants import Variant, alike, exact, mismatched, replaced, shuffled
from service.quality import CERTAIN

SEED: Final = 2028
CANDIDATES: Final = (0.0, -0.5, -1.0, -1.5)  # for the evidence of a word that was surely said
BINS: Final = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
Kind = Literal["matching", "partly", "mismatched", "shuffled"]


class Sample(NamedTuple):
    """A text in an utterance as it was found, and the true share of its tokens that was said; that
    of shuffled words is unknown.
    """

    kind: Kind
    found: Found
    share: float


def report(speeches: Sequence[Speech]) -> Iterator[str]:
    """The constant, and on every kind of speech what the quality tells apart."""
    samples = {speech.name: list(_samples(speech)) for speech in speeches}
    fitted = [item for speech in speeches if speech.fitting for item in samples[speech.name]]
    errors = ((f"{certain:g}", f"{_error(fitted, certain):.3f}") for certain in CANDIDATES)
    yield f"CERTAIN = {CERTAIN:g} is in use; fitting set:"
    yield from table(("CERTAIN", "mean error of the share"), errors)
    yield ""
    header = ("", "area", "area, shuffled", "matching", "mismatched", "shuffled", "mean error")
    yield from table(header, (_row(name, found) for name, found in samples.items()))
    yield ""
    measured = [
        sample for speech in speeches if not speech.fitting for sample in samples[speech.name]
    ]
    yield from table(("quality", "texts", "mean share said"), _calibration(measured))


def _samples(speech: Speech) -> Iterator[Sample]:
    random = np.random.default_rng(SEED)
    sentences = [heard.words for heard in speech.heard]
    for index, heard in enumerate(speech.heard):
        words, other = heard.words, alike(sentences, index)
        variants: tuple[tuple[Kind, Variant], ...] = (
            ("matching", exact(words)),
            ("partly", replaced(words, other, random.random(), random)),
            ("mismatched", mismatched(other)),
            ("shuffled", shuffled(words, random)),
        )
        for kind, variant in variants:
            if found := speech.model.find(heard, variant.words):
                yield Sample(kind, found, _share(variant, found))


def _share(variant: Variant, found: Found) -> float:
    own = np.array([index is not None for index in variant.said])
    return float(found.tokens[own].sum() / found.tokens.sum())


def _row(name: str, samples: Sequence[Sample]) -> list[str]:
    matching, others, shuffle = (
        np.array([sample.found.quality() for sample in samples if sample.kind == kind])
        for kind in ("matching", "mismatched", "shuffled")
    )
    return [
        name,
        f"{roc_area(matching, others):.4f}",
        f"{roc_area(matching, shuffle):.4f}",
        *(_percentiles(values) for values in (matching, others, shuffle)),
        f"{_error(samples, CERTAIN):.3f}",
    ]


def _error(samples: Sequence[Sample], certain: float) -> float:
    """Mean distance of the quality from the share, where that is known."""
    known = [sample for sample in samples if sample.kind != "shuffled"]
    return float(np.mean([abs(item.found.quality(certain) - item.share) for item in known]))


def _percentiles(qualities: NDArray[np.float64]) -> str:
    return " / ".join(f"{figure:.2f}" for figure in np.percentile(qualities, [5, 50, 95]))


def _calibration(samples: Sequence[Sample]) -> Iterator[list[str]]:
    known = [sample for sample in samples if sample.kind != "shuffled"]
    bins = np.digitize([sample.found.quality() for sample in known], BINS[1:-1])
    for index, (low, high) in enumerate(itertools.pairwise(BINS)):
        inside = [sample.share for sample, own in zip(known, bins, strict=True) if own == index]
        mean = f"{np.mean(inside):.2f}" if inside else "-"
        yield [f"{low:g} to {high:g}", str(len(inside)), mean]
