"""How good a bundle is, measured through the runtime: text, and word onsets.

Held-out sentences are spoken by held-out voices; held-out recordings are a human's.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from export.demo import augment
from export.demo.corpus import (
    HELD_OUT_VOICES,
    SAMPLE_RATE,
    Recording,
    Split,
    Synthesiser,
    Utterance,
    load_mono,
    matching_runs,
)
from export.demo.hebrew import unpointed
from service.audio import Audio
from service.recognizer import Recognizer

EVALUATION_SEED: Final = 2026
UTTERANCES: Final = 200
MAX_WORDS: Final = 12
PAUSE_DB: Final = -25.0  # below the 90th percentile of a recording's level
PAUSE_SEC: Final = 0.1  # of it, at least, after an onset that stands in a pause
LEVEL_SEC: Final = 0.025
# Letters that sound alike become one: ט is ת, ק and ח are כ, ו is ב, ס is ש; final forms are the
# letters that they end. Alef, he and ayin are hardly heard, and neither are spaces.
_SOUNDS: Final = str.maketrans("טקךחוסםןףץ", "תכככבשמנפצ", "אהע ")


@dataclass(frozen=True)
class OnsetErrors:
    """Absolute errors of word starts, in milliseconds."""

    words: int
    median_ms: float
    p90_ms: float

    @classmethod
    def of(cls, errors_sec: Sequence[float]) -> "OnsetErrors":
        """errors_sec: signed or absolute, in seconds."""
        milliseconds = 1000 * np.abs(np.array(errors_sec))
        return cls(
            len(milliseconds),
            round(float(np.median(milliseconds)), 1),
            round(float(np.percentile(milliseconds, 90)), 1),
        )


@dataclass(frozen=True)
class Quality:
    """cer: of the letters and spaces; folded_cer: of what can be heard; onsets: of /align."""

    utterances: int
    cer: float
    folded_cer: float
    onsets: OnsetErrors


def evaluate(recognizer: Recognizer, split: Split) -> dict[str, Any]:
    """All figures of docs/EMBEDDED_MODELS.md for one bundle."""
    clean = _held_out_speech(split)
    random = np.random.default_rng(EVALUATION_SEED + 1)
    noisy = [
        Utterance(augment.record(item.waveform, SAMPLE_RATE, random), item.words, item.onsets)
        for item in clean
    ]
    figures = {
        "synthetic": asdict(_synthetic(recognizer, clean)),
        "synthetic_degraded": asdict(_synthetic(recognizer, noisy)),
    }
    if split.held_out_recordings:
        human, audible = _human(recognizer, split.held_out_recordings)
        figures["human"] = asdict(human)
        figures["human_onsets_outside_pauses"] = asdict(audible)
    return figures


def folded(text: str) -> str:
    """What of a spelling can be heard: one letter a sound, no silent letters, no spaces."""
    return text.translate(_SOUNDS)


def _held_out_speech(split: Split) -> list[Utterance]:
    random = np.random.default_rng(EVALUATION_SEED)
    speaker = Synthesiser(HELD_OUT_VOICES)
    chosen = random.permutation(len(split.held_out_lines))[:UTTERANCES]
    return [speaker.speak(split.held_out_lines[line][:MAX_WORDS], random) for line in chosen]


def _synthetic(recognizer: Recognizer, utterances: Sequence[Utterance]) -> Quality:
    heard, errors = [], []
    for item in utterances:
        audio = _audio(item.waveform)
        heard.append(recognizer.transcribe(audio).text)
        starts = _starts(recognizer, audio, item.words)
        errors += list(starts - item.onsets / SAMPLE_RATE)
    return _quality([" ".join(item.words) for item in utterances], heard, errors)


def _human(recognizer: Recognizer, recordings: Sequence[Recording]) -> tuple[Quality, OnsetErrors]:
    """Figures of recordings, and the onset errors without those published inside a pause.

    First words are left out of the onsets: their published time is 0.0, whatever was said. The
    published intervals are contiguous, so that after a pause many words begin with the pause.
    """
    written, heard, errors, audible = [], [], [], []
    for item in recordings:
        audio = _audio(load_mono(item.path))
        written.append(" ".join(map(unpointed, item.pointed)))
        heard.append(recognizer.transcribe(audio).text)
        signed = _starts(recognizer, audio, item.words) - np.array(item.onsets)
        trusted = [
            index
            for start, _, length in matching_runs(item)
            for index in range(start, start + length)
        ]
        for index in trusted:
            if index > 0:
                errors.append(float(signed[index]))
                if not in_pause(audio, item.onsets[index]):
                    audible.append(float(signed[index]))
    return _quality(written, heard, errors), OnsetErrors.of(audible)


def in_pause(audio: Audio, onset_sec: float) -> bool:
    """Whether nothing but background is heard right after an onset."""
    window = int(LEVEL_SEC * audio.sample_rate)
    frames = audio.waveform[: len(audio.waveform) // window * window].reshape(-1, window)
    level = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    first = int(onset_sec / LEVEL_SEC)
    after = level[first : first + round(PAUSE_SEC / LEVEL_SEC)]
    return bool(after.max() < np.percentile(level, 90) + PAUSE_DB)


def _starts(recognizer: Recognizer, audio: Audio, words: Sequence[str]) -> NDArray[np.float64]:
    """Start times of the aligned words, in seconds; not a number where a word has none."""
    placed = recognizer.align(audio, " ".join(words)).words
    return np.array([np.nan if word.start is None else word.start for word in placed])


def _quality(written: list[str], heard: list[str], errors_sec: list[float]) -> Quality:
    return Quality(
        len(written),
        _error_rate(written, heard),
        _error_rate(list(map(folded, written)), list(map(folded, heard))),
        OnsetErrors.of(errors_sec),
    )


def _error_rate(written: list[str], heard: list[str]) -> float:
    """Edits over written characters, of all utterances together."""
    edits = sum(map(Levenshtein.distance, written, heard))
    return round(edits / sum(map(len, written)), 4)


def _audio(waveform: NDArray[np.float32]) -> Audio:
    return Audio(waveform, SAMPLE_RATE, len(waveform) / SAMPLE_RATE)
