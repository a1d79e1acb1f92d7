"""The example clips: sentences of our own, spoken by voices that no model was trained on."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

from export.demo.hebrew.pronunciation import MAQAF, pronounce
from export.demo.hebrew.pronunciation import split_words as split_hebrew
from export.demo.hindi.corpus import split_words as split_hindi
from export.demo.speech.espeak import Delivery, Espeak
from export.demo.speech.utterance import SAMPLE_RATE

LEAD_SEC: Final = 0.3  # silence before and after
PEAK: Final = 0.5
PAUSING: Final = ",.।"


@dataclass(frozen=True)
class Clip:
    """A sentence, in Hebrew with its points, and who says it."""

    name: str
    sentence: str
    delivery: Delivery


HEBREW_CLIPS: Final = (
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
HINDI_CLIPS: Final = (
    Clip(
        "hi-1",
        "आज सुबह से बारिश हो रही है, छाता ले जाना।",
        Delivery("hi+f4", rate=140),
    ),
    Clip(
        "hi-2",
        "मेरी बहन बाज़ार से ताज़ी सब्ज़ियाँ और दूध लाई है।",
        Delivery("hi+m4", rate=150, pitch=45),
    ),
    Clip(
        "hi-3",
        "चलो, शाम को नदी के किनारे टहलने चलते हैं।",
        Delivery("hi+steph3", rate=130, pitch=55),
    ),
)


def write_all(folder: Path, onsets_folder: Path) -> None:
    """Write the clips of every language, and their onsets as `<language>-clips.json`."""
    write_clips(folder, onsets_folder / "he-clips.json", HEBREW_CLIPS, spoken_hebrew)
    write_clips(folder, onsets_folder / "hi-clips.json", HINDI_CLIPS, spoken_hindi)


def write_clips(
    folder: Path, onsets_file: Path, clips: Sequence[Clip], spoken: Callable[[str], list[str]]
) -> None:
    """Write `<name>.wav` and `<name>.txt` (Hebrew without points), and all onsets as JSON.

    spoken: a sentence to what espeak-ng is given for each word.
    """
    folder.mkdir(parents=True, exist_ok=True)
    espeak = Espeak()
    onsets: dict[str, list[float]] = {}
    for clip in clips:
        speech = espeak.speak(spoken(clip.sentence), clip.delivery)
        waveform = soxr.resample(speech.waveform, speech.sample_rate, SAMPLE_RATE)
        lead = int(LEAD_SEC * SAMPLE_RATE)
        padded = np.pad(waveform * (PEAK / np.abs(waveform).max()), lead)
        soundfile.write(folder / f"{clip.name}.wav", padded, SAMPLE_RATE, subtype="PCM_16")
        text = "".join(char for char in clip.sentence if not "\u0591" <= char <= "\u05c7")
        (folder / f"{clip.name}.txt").write_text(text + "\n", encoding="utf-8")
        times = speech.onsets / speech.sample_rate + LEAD_SEC
        onsets[clip.name] = [round(float(time), 4) for time in times]
    onsets_file.parent.mkdir(parents=True, exist_ok=True)
    onsets_file.write_text(json.dumps(onsets, indent=2) + "\n", encoding="utf-8")


def spoken_hebrew(pointed: str) -> list[str]:
    """Mnemonics of each word, with espeak's comma for a written pause."""
    words = (f"[[{pronounce(word)}]]" for word in split_hebrew(pointed))
    return _with_pauses(words, pointed.replace(MAQAF, " "))


def spoken_hindi(sentence: str) -> list[str]:
    """Each word as it is written, with espeak's comma for a written pause."""
    words = (unicodedata.normalize("NFC", word) for word in split_hindi(sentence))
    return _with_pauses(words, sentence)


def _with_pauses(words: Iterable[str], written: str) -> list[str]:
    pauses = ["," if word[-1] in PAUSING else "" for word in written.split()]
    return [word + pause for word, pause in zip(words, pauses, strict=True)]
