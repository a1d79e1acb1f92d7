"""How good a recogniser is on speech whose words and onsets are known.

Held-out sentences are spoken by held-out voices; what a language adds to that stands in its room.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from export.demo.speech import augment
from export.demo.speech.speaker import HELD_OUT_VOICES, Language, Speaker
from export.demo.speech.utterance import SAMPLE_RATE, Utterance
from service.audio import Audio
from service.errors import NoSpeech, TranscriptTooLong
from service.spans import Alignment, Transcript

EVALUATION_SEED: Final = 2026
UTTERANCES: Final = 200
MAX_WORDS: Final = 12


class Listener(Protocol):
    """What is measured; a Recognizer is one."""

    def transcribe(self, audio: Audio) -> Transcript:
        """What is said."""

    def align(self, audio: Audio, text: str) -> Alignment:
        """When each word of `text` is said."""


@dataclass(frozen=True)
class OnsetErrors:
    """Absolute errors of word starts, in milliseconds; `unplaced` words got no start at all."""

    words: int
    unplaced: int
    median_ms: float | None  # None: no word was placed
    p90_ms: float | None

    @classmethod
    def of(cls, errors_sec: Sequence[float]) -> "OnsetErrors":
        """errors_sec: signed or absolute, in seconds; not a number where a word has no start."""
        milliseconds = 1000 * np.abs(np.array(errors_sec))
        placed = milliseconds[~np.isnan(milliseconds)]
        unplaced = len(milliseconds) - len(placed)
        if not len(placed):
            return cls(0, unplaced, None, None)
        median, p90 = np.percentile(placed, [50, 90])
        return cls(len(placed), unplaced, round(float(median), 1), round(float(p90), 1))


@dataclass(frozen=True)
class Hearing:
    """What was said, what was heard, and by how many seconds each word's start is off."""

    said: tuple[str, ...]
    heard: tuple[str, ...]
    errors_sec: tuple[float, ...]

    def cer(self, fold: Callable[[str], str] = str) -> float:
        """Edits over said characters of all utterances together, both sides folded."""
        said, heard = list(map(fold, self.said)), list(map(fold, self.heard))
        edits = sum(map(Levenshtein.distance, said, heard))
        return round(edits / sum(map(len, said)), 4)


def hear(listener: Listener, utterances: Sequence[Utterance]) -> Hearing:
    """Transcribe and align each of them."""
    heard: list[str] = []
    errors: list[float] = []
    for item in utterances:
        audio = audio_of(item.waveform)
        heard.append(listener.transcribe(audio).text)
        starts = word_starts(listener, audio, item.words)
        errors += list(starts - item.onsets / SAMPLE_RATE)
    said = tuple(" ".join(item.words) for item in utterances)
    return Hearing(said, tuple(heard), tuple(errors))


def word_starts(listener: Listener, audio: Audio, words: Sequence[str]) -> NDArray[np.float64]:
    """float64 [words], seconds; not a number where a word is not placed."""
    try:
        placed = listener.align(audio, " ".join(words)).words
    except (NoSpeech, TranscriptTooLong):
        return np.full(len(words), np.nan)
    return np.array([np.nan if word.start is None else word.start for word in placed])


def chosen_lines(lines: Sequence[Sequence[str]], random: np.random.Generator) -> list[list[str]]:
    """The sentences that are measured, cut to MAX_WORDS."""
    chosen = random.permutation(len(lines))[:UTTERANCES]
    return [list(lines[line][:MAX_WORDS]) for line in chosen]


def held_out_speech(language: Language, lines: Sequence[Sequence[str]]) -> list[Utterance]:
    """Sentences by held-out voices of espeak-ng."""
    random = np.random.default_rng(EVALUATION_SEED)
    speaker = Speaker(language, HELD_OUT_VOICES)
    return [speaker.speak(words, random) for words in chosen_lines(lines, random)]


def degraded(utterances: Sequence[Utterance]) -> list[Utterance]:
    """The same, each in a random recording situation."""
    random = np.random.default_rng(EVALUATION_SEED + 1)
    return [
        Utterance(augment.record(item.waveform, SAMPLE_RATE, random), item.words, item.onsets)
        for item in utterances
    ]


def audio_of(waveform: NDArray[np.float32]) -> Audio:
    """waveform: float32 [N] at 16 kHz."""
    return Audio(waveform, SAMPLE_RATE, len(waveform) / SAMPLE_RATE)
