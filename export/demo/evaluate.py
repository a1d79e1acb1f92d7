"""How good a recogniser is on speech whose words, and their onsets and ends, are known.

Held-out sentences are spoken by held-out voices; what a language adds to that stands in its room.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
class EdgeErrors:
    """Absolute errors of word starts or ends, and their signed median (late is positive), in
    milliseconds; `unplaced` words got no time at all.
    """

    words: int
    unplaced: int
    median_ms: float | None  # None: no word was placed
    p90_ms: float | None
    signed_median_ms: float | None

    @classmethod
    def of(cls, errors_sec: Sequence[float]) -> "EdgeErrors":
        """errors_sec: signed, in seconds; not a number where a word has no time."""
        milliseconds = 1000 * np.array(errors_sec)
        placed = milliseconds[~np.isnan(milliseconds)]
        unplaced = len(milliseconds) - len(placed)
        if not len(placed):
            return cls(0, unplaced, None, None, None)
        figures = (*np.percentile(np.abs(placed), [50, 90]), np.median(placed))
        return cls(len(placed), unplaced, *(round(float(figure), 1) for figure in figures))


@dataclass(frozen=True)
class Hearing:
    """What was said, what was heard, and by how many seconds each word's start and end are off.

    end_errors_sec: of the words whose ends are known, which may be none.
    """

    said: tuple[str, ...]
    heard: tuple[str, ...]
    errors_sec: tuple[float, ...]
    end_errors_sec: tuple[float, ...] = ()

    @property
    def onsets(self) -> EdgeErrors:
        """Of the words' starts."""
        return EdgeErrors.of(self.errors_sec)

    @property
    def offsets(self) -> EdgeErrors | None:
        """Of the words' ends; None where no ends are known."""
        return EdgeErrors.of(self.end_errors_sec) if self.end_errors_sec else None

    def cer(self, fold: Callable[[str], str] = str) -> float:
        """Edits over said characters of all utterances together, both sides folded."""
        said, heard = list(map(fold, self.said)), list(map(fold, self.heard))
        edits = sum(map(Levenshtein.distance, said, heard))
        return round(edits / sum(map(len, said)), 4)


def hear(listener: Listener, utterances: Sequence[Utterance]) -> Hearing:
    """Transcribe and align each of them."""
    heard: list[str] = []
    errors: list[float] = []
    end_errors: list[float] = []
    for item in utterances:
        audio = audio_of(item.waveform)
        heard.append(listener.transcribe(audio).text)
        starts, ends = word_times(listener, audio, item.words)
        errors += list(starts - item.onsets / SAMPLE_RATE)
        if item.ends is not None:
            end_errors += list(ends - item.ends / SAMPLE_RATE)
    said = tuple(" ".join(item.words) for item in utterances)
    return Hearing(said, tuple(heard), tuple(errors), tuple(end_errors))


def word_times(
    listener: Listener, audio: Audio, words: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Starts and ends, each float64 [words], seconds; not a number where a word is not placed."""
    try:
        placed = listener.align(audio, " ".join(words)).words
    except (NoSpeech, TranscriptTooLong):
        return np.full(len(words), np.nan), np.full(len(words), np.nan)
    starts, ends = [word.start for word in placed], [word.end for word in placed]
    return np.array(starts, dtype=np.float64), np.array(
        ends, dtype=np.float64
    )  # None: not a number


def chosen_lines(lines: Sequence[Sequence[str]], random: np.random.Generator) -> list[list[str]]:
    """The sentences that are measured, cut to MAX_WORDS."""
    chosen = random.permutation(len(lines))[:UTTERANCES]
    return [list(lines[line][:MAX_WORDS]) for line in chosen]


def held_out_speech(language: Language, lines: Sequence[Sequence[str]]) -> list[Utterance]:
    """Sentences by held-out voices of espeak-ng."""
    return synthetic_speech(language, lines, HELD_OUT_VOICES)


def synthetic_speech(
    language: Language, lines: Sequence[Sequence[str]], voices: Sequence[str]
) -> list[Utterance]:
    """Some of the sentences by some of the voices of espeak-ng."""
    random = np.random.default_rng(EVALUATION_SEED)
    speaker = Speaker(language, voices)
    return [speaker.speak(words, random) for words in chosen_lines(lines, random)]


def degraded(utterances: Sequence[Utterance]) -> list[Utterance]:
    """The same, each in a random recording situation."""
    random = np.random.default_rng(EVALUATION_SEED + 1)
    return [
        replace(item, waveform=augment.record(item.waveform, SAMPLE_RATE, random))
        for item in utterances
    ]


def audio_of(waveform: NDArray[np.float32]) -> Audio:
    """waveform: float32 [N] at 16 kHz."""
    return Audio(waveform, SAMPLE_RATE, len(waveform) / SAMPLE_RATE)
