"""The figures of he-demo: held-out voices, and a human's held-out recordings."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from export.demo.evaluate import (
    EdgeErrors,
    Hearing,
    Listener,
    audio_of,
    degraded,
    hear,
    held_out_speech,
    word_times,
)
from export.demo.hebrew.corpus import HEBREW, Recording, Split, matching_runs
from export.demo.hebrew.pronunciation import unpointed
from export.demo.speech.utterance import load_mono
from service.audio import Audio

PAUSE_DB: Final = -25.0  # below the 90th percentile of a recording's level
PAUSE_SEC: Final = 0.1  # of it, at least, after an onset that stands in a pause
LEVEL_SEC: Final = 0.025
# Letters that sound alike become one: ט is ת, ק and ח are כ, ו is ב, ס is ש; final forms are the
# letters that they end. Alef, he and ayin are hardly heard, and neither are spaces.
_SOUNDS: Final = str.maketrans("טקךחוסםןףץ", "תכככבשמנפצ", "אהע ")


@dataclass(frozen=True)
class Quality:
    """cer: of the letters and spaces; folded_cer: of what can be heard; onsets, offsets: of
    /align, the latter None where the words' ends are not known.
    """

    utterances: int
    cer: float
    folded_cer: float
    onsets: EdgeErrors
    offsets: EdgeErrors | None

    @classmethod
    def of(cls, hearing: Hearing) -> "Quality":
        """The figures of what was heard."""
        cer, folded_cer = hearing.cer(), hearing.cer(folded)
        return cls(len(hearing.said), cer, folded_cer, hearing.onsets, hearing.offsets)


def evaluate_hebrew(listener: Listener, split: Split) -> dict[str, Any]:
    """All figures of docs/EMBEDDED_MODELS.md for one bundle."""
    clean = held_out_speech(HEBREW, split.held_out_lines)
    figures = {
        "synthetic": asdict(Quality.of(hear(listener, clean))),
        "synthetic_degraded": asdict(Quality.of(hear(listener, degraded(clean)))),
    }
    if split.held_out_recordings:
        human, audible = _human(listener, split.held_out_recordings)
        figures["human"] = asdict(human)
        figures["human_onsets_outside_pauses"] = asdict(audible)
    return figures


def folded(text: str) -> str:
    """What of a spelling can be heard: one letter a sound, no silent letters, no spaces."""
    return text.translate(_SOUNDS)


def _human(listener: Listener, recordings: Sequence[Recording]) -> tuple[Quality, EdgeErrors]:
    """Figures of recordings, and the onset errors without those published inside a pause.

    First words are left out of the onsets: their published time is 0.0, whatever was said. The
    published intervals are contiguous, so that after a pause many words begin with the pause.
    """
    written, heard, errors, audible = [], [], [], []
    for item in recordings:
        audio = audio_of(load_mono(item.path))
        written.append(" ".join(map(unpointed, item.pointed)))
        heard.append(listener.transcribe(audio).text)
        starts, _ = word_times(listener, audio, item.words)
        signed = starts - np.array(item.onsets)
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
    hearing = Hearing(tuple(written), tuple(heard), tuple(errors))
    return Quality.of(hearing), EdgeErrors.of(audible)


def in_pause(audio: Audio, onset_sec: float) -> bool:
    """Whether nothing but background is heard right after an onset."""
    window = int(LEVEL_SEC * audio.sample_rate)
    frames = audio.waveform[: len(audio.waveform) // window * window].reshape(-1, window)
    level = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    first = int(onset_sec / LEVEL_SEC)
    after = level[first : first + round(PAUSE_SEC / LEVEL_SEC)]
    return bool(after.max() < np.percentile(level, 90) + PAUSE_DB)
