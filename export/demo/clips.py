"""The example clips: sentences of our own, spoken by voices that no model was trained on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

from export.demo.corpus import SAMPLE_RATE
from export.demo.espeak import Delivery, Espeak
from export.demo.hebrew import MAQAF, pronounce, split_words

LEAD_SEC: Final = 0.3  # silence before and after
PEAK: Final = 0.5


@dataclass(frozen=True)
class Clip:
    """A pointed sentence and who says it."""

    name: str
    pointed: str
    delivery: Delivery


CLIPS: Final = (
    Clip(
        "he-1",
        "הַיֶּלֶד הָלַךְ אֶל הַבַּיִת וְרָאָה אֶת הָאוֹר.",
        Delivery("he+f4", rate=140),
    ),
    Clip(
        "he-2",
        "שָׁלוֹם לָכֶם, הַיּוֹם יוֹם טוֹב וְהַשֶּׁמֶשׁ יָצְאָה.",
        Delivery("he+m4", rate=150, pitch=45),
    ),
    Clip(
        "he-3",
        "בַּבֹּקֶר אָכַלְנוּ לֶחֶם וְשָׁתִינוּ מַיִם מִן הַבְּאֵר.",
        Delivery("he+steph3", rate=130, pitch=55),
    ),
)


def write_clips(folder: Path, onsets_file: Path, clips: Sequence[Clip] = CLIPS) -> None:
    """Write `<name>.wav` and `<name>.txt` (the text without points), and all onsets as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    espeak = Espeak()
    onsets: dict[str, list[float]] = {}
    for clip in clips:
        speech = espeak.speak(_spoken(clip.pointed), clip.delivery)
        waveform = soxr.resample(speech.waveform, speech.sample_rate, SAMPLE_RATE)
        lead = int(LEAD_SEC * SAMPLE_RATE)
        padded = np.pad(waveform * (PEAK / np.abs(waveform).max()), lead)
        soundfile.write(folder / f"{clip.name}.wav", padded, SAMPLE_RATE, subtype="PCM_16")
        text = "".join(char for char in clip.pointed if not "\u0591" <= char <= "\u05c7")
        (folder / f"{clip.name}.txt").write_text(text + "\n", encoding="utf-8")
        times = speech.onsets / speech.sample_rate + LEAD_SEC
        onsets[clip.name] = [round(float(time), 4) for time in times]
    onsets_file.parent.mkdir(parents=True, exist_ok=True)
    onsets_file.write_text(json.dumps(onsets, indent=2) + "\n", encoding="utf-8")


def _spoken(pointed: str) -> list[str]:
    """Mnemonics of each word, with espeak's comma for a written pause."""
    written = pointed.replace(MAQAF, " ").split()
    pauses = ["," if word[-1] in ",." else "" for word in written]
    words = map(pronounce, split_words(pointed))
    return [word + pause for word, pause in zip(words, pauses, strict=True)]
