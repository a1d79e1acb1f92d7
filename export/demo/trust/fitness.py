"""The quality of an alignment: fitted to the share of a text that was said, and what it tells."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from export.demo.trust.figures import logistic_fit, roc_area, table
from export.demo.trust.listening import Found, Speech
from export.demo.trust.variants import Variant, alike, exact, mismatched, replaced, shuffled
from service.quality import MIDDLE, SLOPE

SEED: Final = 2028
BINS: Final = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
Kind = Literal["matching", "partly", "mismatched", "shuffled"]


class Sample(NamedTuple):
    """A text in an utterance: its mean evidence, nats a token, and the true share of its tokens
    that was said; that of shuffled words is unknown.
    """

    kind: Kind
    evidence: float
    share: float


def report(speeches: Sequence[Speech]) -> Iterator[str]:
    """The fit, and on every kind of speech what the quality in use tells apart."""
    samples = {speech.name: list(_samples(speech)) for speech in speeches}
    fitted = [
        sample
        for speech in speeches
        if speech.fitting
        for sample in samples[speech.name]
        if sample.kind != "shuffled"
    ]
    slope, middle = logistic_fit(
        *(np.array(values) for values in list(zip(*fitted, strict=True))[1:])
    )
    yield f"in use: SLOPE = {SLOPE:g}, MIDDLE = {MIDDLE:g}; fitted: {slope:.2f}, {middle:.2f}"
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
                yield Sample(kind, found.evidence, _share(variant, found))


def _share(variant: Variant, found: Found) -> float:
    own = np.array([index is not None for index in variant.said])
    return float(found.tokens[own].sum() / found.tokens.sum())


def _row(name: str, samples: Sequence[Sample]) -> list[str]:
    matching, others, shuffle = (
        np.array([sample.evidence for sample in samples if sample.kind == kind])
        for kind in ("matching", "mismatched", "shuffled")
    )
    known = [sample for sample in samples if sample.kind != "shuffled"]
    wrong = [abs(_quality(sample.evidence) - sample.share) for sample in known]
    return [
        name,
        f"{roc_area(matching, others):.4f}",
        f"{roc_area(matching, shuffle):.4f}",
        *(_percentiles(values) for values in (matching, others, shuffle)),
        f"{np.mean(wrong):.3f}",
    ]


def _percentiles(evidence: NDArray[np.float64]) -> str:
    """Of the quality."""
    figures = np.percentile([_quality(value) for value in evidence], [5, 50, 95])
    return " / ".join(f"{figure:.2f}" for figure in figures)


def _quality(evidence: float) -> float:
    return float(1 / (1 + np.exp(-SLOPE * (evidence - MIDDLE))))


def _calibration(samples: Sequence[Sample]) -> Iterator[list[str]]:
    known = [sample for sample in samples if sample.kind != "shuffled"]
    bins = np.digitize([_quality(sample.evidence) for sample in known], BINS[1:-1])
    for index, (low, high) in enumerate(itertools.pairwise(BINS)):
        inside = [sample.share for sample, own in zip(known, bins, strict=True) if own == index]
        mean = f"{np.mean(inside):.2f}" if inside else "-"
        yield [f"{low:g} to {high:g}", str(len(inside)), mean]
