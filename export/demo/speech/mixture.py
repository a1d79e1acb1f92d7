"""Endless training batches: phrases of a text, words in random order, recordings, noise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.random import Generator

from export.demo.speech import augment
from export.demo.speech.speaker import Speaker
from export.demo.speech.utterance import SAMPLE_RATE, Utterance, noise


class Recorded(Protocol):
    """Recordings that phrases can be cut out of."""

    def cut(self, words: int, random: Generator) -> Utterance:
        """Up to `words` words."""


@dataclass(frozen=True)
class Phrases:
    """What is said: lines that follow one another, and words that may come in any order.

    weights: how often each of `words` is drawn, of sum 1; None: all alike.
    """

    lines: Sequence[Sequence[str]]
    words: Sequence[str]
    weights: Sequence[float] | None = None

    def in_order(self, count: int, random: Generator) -> list[str]:
        """`count` words of the text from a random place."""
        line = int(random.integers(len(self.lines)))
        start = int(random.integers(len(self.lines[line])))
        phrase: list[str] = []
        while len(phrase) < count:
            phrase += self.lines[line][start:]
            line, start = (line + 1) % len(self.lines), 0
        return phrase[:count]

    def shuffled(self, count: int, random: Generator) -> list[str]:
        """`count` words, each drawn by itself."""
        drawn = random.choice(len(self.words), size=count, p=self.weights)
        return [self.words[index] for index in drawn]


@dataclass(frozen=True)
class BatchPlan:
    """How batches are drawn: `seconds` of audio each, of utterances of similar length."""

    seconds: float = 48.0
    word_counts: tuple[int, ...] = (2, 4, 6, 8, 12, 16, 24)
    weights: tuple[float, ...] = (0.05, 0.15, 0.25, 0.25, 0.15, 0.1, 0.05)
    recorded_share: float = 0.12
    shuffled_share: float = 0.15  # words in random order: every word, not the common ones only
    noise_share: float = 0.02  # no speech at all, no words


class Mixture:
    """Training batches, each a function of the seed and its number.

    Only the synthesiser's own slight randomness differs from run to run.
    """

    def __init__(
        self,
        speaker: Speaker,
        phrases: Phrases,
        seed: int,
        plan: BatchPlan,
        recorded: Recorded | None = None,
    ) -> None:
        self._speaker, self._phrases, self._recorded = speaker, phrases, recorded
        self._seed, self._plan = seed, plan

    def batch(self, number: int) -> list[Utterance]:
        """Utterances of similar length, about `plan.seconds` in all when padded."""
        random = np.random.default_rng((self._seed, number))
        words = int(random.choice(self._plan.word_counts, p=self._plan.weights))
        batch: list[Utterance] = []
        longest = 0
        while True:
            # Its own generator: how long the one before became must not change this one.
            own = np.random.default_rng((self._seed, number, len(batch)))
            utterance = self._draw(words, own)
            longest = max(longest, len(utterance.waveform))
            if batch and longest * (len(batch) + 1) > self._plan.seconds * SAMPLE_RATE:
                return batch
            batch.append(utterance)

    def _draw(self, words: int, random: Generator) -> Utterance:
        kind = random.random()
        if random.random() < self._plan.noise_share:
            utterance = noise(random)
        elif self._recorded and kind < self._plan.recorded_share:
            utterance = self._recorded.cut(words, random)
        else:
            shuffled = kind > 1 - self._plan.shuffled_share
            draw = self._phrases.shuffled if shuffled else self._phrases.in_order
            utterance = self._speaker.speak(draw(words, random), random)
        heard = augment.record(utterance.waveform, SAMPLE_RATE, random)
        return replace(utterance, waveform=heard)
