"""The figures of hi-demo: held-out voices of the engine that it learnt from, and a stranger's."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from export.demo.evaluate import (
    EVALUATION_SEED,
    EdgeErrors,
    Hearing,
    Listener,
    chosen_lines,
    degraded,
    hear,
    held_out_speech,
)
from export.demo.hindi.corpus import HINDI, Split, normalized
from export.demo.hindi.pronunciation import as_festival_reads
from export.demo.speech.festival import Festival, Misread
from export.demo.speech.utterance import Utterance

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Quality:
    """cer: of letters, signs and spaces, normalised; onsets, offsets: of /align."""

    utterances: int
    cer: float
    onsets: EdgeErrors
    offsets: EdgeErrors | None

    @classmethod
    def of(cls, hearing: Hearing) -> "Quality":
        """The figures of what was heard."""
        return cls(len(hearing.said), hearing.cer(normalized), hearing.onsets, hearing.offsets)


def evaluate_hindi(listener: Listener, split: Split, *, festival: bool) -> dict[str, Any]:
    """All figures of docs/EMBEDDED_MODELS.md for one bundle.

    festival: also those of another engine's voice. Raises FestivalError where it is not installed.
    """
    clean = held_out_speech(HINDI, split.held_out_lines)
    figures: dict[str, Any] = {
        "synthetic": asdict(Quality.of(hear(listener, clean))),
        "synthetic_degraded": asdict(Quality.of(hear(listener, degraded(clean)))),
    }
    if festival:
        spoken, left_out = strangers_speech(Festival(), split.held_out_lines)
        quality = Quality.of(hear(listener, spoken))
        figures["stranger"] = {**asdict(quality), "left_out": left_out}
    return figures


def strangers_speech(
    festival: Festival, lines: Sequence[Sequence[str]]
) -> tuple[list[Utterance], int]:
    """The sentences by Festival's voice, and how many it reads otherwise than they are written."""
    random = np.random.default_rng(EVALUATION_SEED)
    spoken: list[Utterance] = []
    sentences = chosen_lines(lines, random)
    for words in sentences:
        try:
            speech = festival.speak([as_festival_reads(word) for word in words])
        except Misread as error:
            logger.info("left out: %s", error)
        else:
            spoken.append(Utterance(speech.waveform, tuple(words), speech.onsets, speech.ends))
    return spoken, len(sentences) - len(spoken)
