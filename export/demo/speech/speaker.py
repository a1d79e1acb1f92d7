"""Random deliveries of espeak-ng's voices, with word onsets and ends at 16 kHz."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.random import Generator

from export.demo.speech.espeak import Delivery, Espeak
from export.demo.speech.utterance import SAMPLE_RATE, Utterance, padded

# Variants that speak intelligibly. The held-out ones are never heard in training.
HELD_OUT_VOICES: Final = ("f4", "m4", "steph3", "Andy", "linda", "klatt3", "michael", "Lee")
VOICES: Final = (
    "Alex", "Alicia", "Andrea", "Annie", "Denis", "Diogo", "Gene", "Gene2", "Henrique", "Hugo",
    "Jacky", "Marco", "Mario", "Mike", "Mr serious", "Nguyen", "adam", "anika", "antonio", "aunty",
    "belinda", "benjamin", "boris", "caleb", "david", "ed", "edward", "edward2", "f1", "f2", "f3",
    "f5", "grandma", "grandpa", "gustave", "iven", "iven2", "iven3", "iven4", "john",
    "kaukovalta", "klatt", "klatt2", "klatt4", "klatt5", "klatt6", "m1", "m2", "m3", "m5", "m6",
    "m7", "m8", "marcelo", "max", "michel", "miguel", "norbert", "pablo", "paul", "pedro",
    "quincy", "rob", "robert", "sandro", "shelby", "steph", "steph2", "travis", "victor", "zac",
)  # fmt: skip
PAUSE_SHARES: Final = (0.0, 0.1, 0.3)  # of the words; one is drawn for an utterance


@dataclass(frozen=True)
class Language:
    """How words of a language are said and written.

    pronounce: words to what espeak-ng is given for each, plain text or `[[mnemonics]]`;
    spell: a word to its label.
    """

    code: str
    pronounce: Callable[[Sequence[str], Generator], list[str]]
    spell: Callable[[str], str]


@dataclass(frozen=True)
class Style:
    """What deliveries are drawn from, least and most.

    rate: words a minute; pitch, pitch_range: 0 to 100, as espeak-ng has them; throat: factor of all
    frequencies.
    """

    rate: tuple[int, int] = (85, 200)
    pitch: tuple[int, int] = (20, 85)
    pitch_range: tuple[int, int] = (20, 90)
    throat: tuple[float, float] = (0.9, 1.15)


ANY: Final = Style()


class Speaker:
    """Speaks words at a random rate, pitch and formant scale, in one of `voices`."""

    def __init__(
        self, language: Language, voices: Sequence[str] = VOICES, style: Style = ANY
    ) -> None:
        self._espeak = Espeak()
        self._language, self._voices, self._style = language, voices, style

    def speak(self, words: Sequence[str], random: Generator) -> Utterance:
        """One random delivery of the words."""
        delivery = Delivery(
            voice=f"{self._language.code}+{random.choice(self._voices)}",
            rate=int(random.integers(*self._style.rate)),
            pitch=int(random.integers(*self._style.pitch)),
            pitch_range=int(random.integers(*self._style.pitch_range)),
        )
        spoken = self._language.pronounce(words, random)
        pauses = random.random(len(spoken)) < random.choice(PAUSE_SHARES)
        spoken = [word + "," if pause else word for word, pause in zip(spoken, pauses, strict=True)]
        speech = self._espeak.speak(spoken, delivery)
        # A wrong source rate moves pitch and formants together: other throats, for nothing.
        source_rate = speech.sample_rate * random.uniform(*self._style.throat)
        waveform = soxr.resample(speech.waveform, source_rate, SAMPLE_RATE, quality="MQ")
        onsets, ends = (
            np.round(samples * (SAMPLE_RATE / source_rate)).astype(np.int64)
            for samples in (speech.onsets, speech.ends)
        )
        labels = tuple(map(self._language.spell, words))
        return padded(Utterance(waveform, labels, onsets, ends), random)
