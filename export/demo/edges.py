"""Fit the rule of word ends on the voices of the training, and measure it on held-out ones.

What edges are made of, the spans of the best path and the levels of the sound, is found once for an
utterance; rules are then tried on it. All embedded models are fitted together: one rule serves
models of any frame length.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from export.demo.evaluate import EdgeErrors, audio_of, degraded, synthetic_speech
from export.demo.speech.speaker import HELD_OUT_VOICES, VOICES, Language
from export.demo.speech.utterance import SAMPLE_RATE, Utterance
from service.align import forced_align
from service.bundle import Bundle
from service.ctc import merge_tokens
from service.edges import FINAL_SOUND_SEC, FITTED, EdgeRule, word_edges
from service.levels import Levels
from service.recognizer import Recognizer
from service.spans import FrameClock, TokenSpan
from service.text.lineup import lineup

RANGES_DB: Final = (25.0, 30.0, 35.0, 40.0, 45.0)
QUIET_SHARES: Final = (0.2, 0.25, 0.3, 0.35, 0.4)
PAUSES_SEC: Final = (0.1, 0.12, 0.15)
WORST_SEC: Final = (
    0.3  # an error counts as at most that: a word in a wrong place is no edge's fault
)


@dataclass(frozen=True)
class Model:
    """A bundle, its language, and the sentences that it was trained on, or was not."""

    bundle: Bundle
    language: Language
    lines: Sequence[Sequence[str]]
    held_out_lines: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Placed:
    """A word's spans, the frames at which the next token and the next word begin, None after the
    last; and when it is truly said, in seconds.
    """

    spans: Sequence[TokenSpan]
    next_token: int | None
    next_word: int | None
    clock: FrameClock
    levels: Levels
    onset_sec: float
    end_sec: float


Edges = Callable[[Placed], tuple[float, float]]


def by_rule(rule: EdgeRule) -> Edges:
    """The service's edges, by any rule."""
    return lambda word: word_edges(word.spans, word.next_word, word.clock, word.levels, rule=rule)


def by_spikes(word: Placed) -> tuple[float, float]:
    """The edges to be better than: the last spike and the blank after it, for a final sound."""
    clock, end = word.clock, word.spans[-1].end
    tail = end + round(FINAL_SOUND_SEC * clock.sample_rate / clock.stride)
    limit = tail if word.next_token is None else min(tail, word.next_token)
    return clock.seconds(word.spans[0].start), clock.seconds(limit)


def fit_edges(models: Sequence[Model]) -> Iterator[str]:
    """Lines of a report: the best rule, and what the one in use gains on held-out voices."""
    heard = [words for model in models for _, words in _speech(model, model.lines, VOICES)]
    rules = [EdgeRule(*values) for values in itertools.product(RANGES_DB, QUIET_SHARES, PAUSES_SEC)]
    costs = [_cost_ms(heard, by_rule(rule)) for rule in rules]
    yield f"by spikes: {_cost_ms(heard, by_spikes):.2f} ms"
    yield f"in use: {FITTED}, {_cost_ms(heard, by_rule(FITTED)):.2f} ms"
    yield f"best of {len(rules)}: {rules[int(np.argmin(costs))]}, {min(costs):.2f} ms"
    yield "| | | onset, median | p90 | offset, median | p90 | signed median | words |"
    yield "|---|---|---|---|---|---|---|---|"
    for model in models:
        for name, words in _speech(model, model.held_out_lines, HELD_OUT_VOICES):
            yield _row(name, "before", words, by_spikes)
            yield _row(name, "after", words, by_rule(FITTED))


class Aligner:
    """A bundle's model, which finds the words of an utterance."""

    def __init__(self, bundle: Bundle) -> None:
        self._recognizer = Recognizer.load(bundle)
        self._blank_id = bundle.manifest.blank_id

    def place(self, utterance: Utterance) -> list[Placed]:
        """The words of an utterance whose ends are known."""
        if utterance.ends is None:
            return []
        heard = self._recognizer.listen(audio_of(utterance.waveform))
        line = lineup(self._recognizer.written(" ".join(utterance.words)), gaps="none")
        path = forced_align(heard.log_probs, line.tokens, self._blank_id)
        spans = merge_tokens(*path, self._blank_id)
        starts = [*(span.start for span in spans), None]
        held = [places for places in line.places if places is not None]
        firsts = [*(first for first, _ in held[1:]), len(spans)]
        times = zip(utterance.onsets / SAMPLE_RATE, utterance.ends / SAMPLE_RATE, strict=True)
        return [
            Placed(
                spans[first : last + 1],
                starts[last + 1],
                starts[after],
                heard.clock,
                heard.levels,
                *time,
            )
            for (first, last), after, time in zip(held, firsts, times, strict=True)
        ]


def _speech(
    model: Model, lines: Sequence[Sequence[str]], voices: Sequence[str]
) -> Iterator[tuple[str, list[Placed]]]:
    """Sentences by voices, as they are spoken and as they are recorded."""
    aligner = Aligner(model.bundle)
    clean = synthetic_speech(model.language, lines, voices)
    for kind, utterances in (("clean", clean), ("degraded", degraded(clean))):
        words = itertools.chain.from_iterable(map(aligner.place, utterances))
        yield f"{model.bundle.manifest.id}, {kind}", list(words)


def _errors_sec(words: Sequence[Placed], edges: Edges) -> NDArray[np.float64]:
    """float64 [words, 2]: by how much starts and ends are late."""
    truth = [(word.onset_sec, word.end_sec) for word in words]
    found: NDArray[np.float64] = np.array([edges(word) for word in words]) - np.array(truth)
    return found


def _cost_ms(heard: Sequence[Sequence[Placed]], edges: Edges) -> float:
    """The mean error of ends, the mean over the sets: each weighs the same."""
    errors = [np.abs(_errors_sec(words, edges)[:, 1]) for words in heard]
    return float(np.mean([1000 * np.minimum(error, WORST_SEC).mean() for error in errors]))


def _row(name: str, rule: str, words: Sequence[Placed], edges: Edges) -> str:
    onset, offset = (EdgeErrors.of(errors) for errors in _errors_sec(words, edges).T)
    figures = (
        *(onset.median_ms, onset.p90_ms),
        *(offset.median_ms, offset.p90_ms, offset.signed_median_ms),
    )
    return (
        " | ".join([f"| {name}", rule, *(f"{figure} ms" for figure in figures)])
        + f" | {len(words):,} |"
    )
