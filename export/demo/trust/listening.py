"""What the embedded models hear of speech whose words, and their times, are known.

Constants are fitted on held-out sentences by the voices of the training, and measured on others by
held-out voices: no sentence is in both, and none was ever trained on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from export.demo.evaluate import audio_of, degraded, synthetic_speech
from export.demo.hebrew import corpus as hebrew
from export.demo.hebrew.pronunciation import unpointed
from export.demo.speech.speaker import HELD_OUT_VOICES, VOICES, Language
from export.demo.speech.utterance import SAMPLE_RATE, Utterance, load_mono
from service.bundle import Bundle
from service.emissions import Emissions
from service.errors import NoSpeech, TranscriptTooLong
from service.placing.finding import find_text
from service.placing.placed import placed_words
from service.placing.placement import FITTED, Placement, PlacementRule, losses, said
from service.quality import CERTAIN, quality
from service.recognizer import AlignOptions, Recognizer
from service.spans import Alignment, Word
from service.text.lineup import Gaps
from service.text.vocabulary import vocabulary_of
from service.text.written import Reading

UTTERANCES: Final = 60  # of each kind


@dataclass(frozen=True)
class Heard:
    """An utterance as a model heard it.

    onsets_sec, ends_sec: float64 [words], when each is said; not a number where that is not known.
    """

    words: tuple[str, ...]
    onsets_sec: NDArray[np.float64]
    ends_sec: NDArray[np.float64]
    emissions: Emissions


class Found(NamedTuple):
    """A text as it was found. tokens: int64 [words], how many each has; lost: nats in the gap where
    blanks cost most.
    """

    words: tuple[Word, ...]
    placement: Placement
    tokens: NDArray[np.int64]
    lost: float

    def quality(self, certain: float = CERTAIN) -> float:
        """As the service tells it, or with another constant."""
        return quality(self.placement.evidence, self.tokens, certain)


class Model:
    """An embedded model that finds texts in what it heard."""

    def __init__(self, bundle: Bundle) -> None:
        self.name = bundle.manifest.id
        self._recognizer = Recognizer.load(bundle)
        self._blank_id = vocabulary_of(bundle).blank_id

    def listen(self, waveform: NDArray[np.float32]) -> Emissions:
        """waveform: float32 [N] at 16 kHz."""
        return self._recognizer.listen(audio_of(waveform))

    def hear(self, utterance: Utterance) -> Heard:
        """An utterance of known onsets."""
        onsets = utterance.onsets / SAMPLE_RATE
        ends = np.full(len(onsets), np.nan)
        if utterance.ends is not None:
            ends = utterance.ends / SAMPLE_RATE
        return Heard(utterance.words, onsets, ends, self.listen(utterance.waveform))

    def readings(self, words: Sequence[str]) -> list[tuple[Reading, ...]]:
        """The ways in which each word of a text may be said."""
        return [word.readings for word in self._recognizer.written(" ".join(words)).words]

    def find(
        self,
        heard: Heard,
        words: Sequence[str],
        *,
        gaps: Gaps = "ends",
        rule: PlacementRule = FITTED,
    ) -> Found | None:
        """Words in what was heard; None where they are too many for it."""
        written, emissions = self._recognizer.written(" ".join(words)), heard.emissions
        try:
            placement = find_text(emissions.log_probs, written, self._blank_id, gaps, rule=rule)
        except TranscriptTooLong:
            return None
        times = placed_words(written, placement, emissions.clock, emissions.levels)
        counts = [len(said(written, placement, index).targets) for index in range(len(words))]
        tokens = np.array(counts, dtype=np.int64)
        lost = losses(emissions.log_probs, placement, self._blank_id, rule.absorb)
        return Found(times, placement, tokens, float(lost.max()))

    def align(self, heard: Heard, words: Sequence[str], gaps: Gaps = "ends") -> Alignment | None:
        """As the service answers; None where it refuses."""
        written = self._recognizer.written(" ".join(words))
        try:
            return self._recognizer.place(heard.emissions, written, AlignOptions(gaps=gaps))
        except (TranscriptTooLong, NoSpeech):
            return None


@dataclass(frozen=True)
class Speech:
    """Utterances of one kind; fitting: whether constants may be fitted on them."""

    kind: str
    model: Model
    heard: tuple[Heard, ...]
    fitting: bool = False

    @property
    def name(self) -> str:
        """The model and the kind."""
        return f"{self.model.name}, {self.kind}"


def spoken(model: Model, language: Language, lines: Sequence[Sequence[str]]) -> Iterator[Speech]:
    """Every other of held-out sentences by the training's voices, the others by held-out ones."""
    for kind, some, voices in (
        ("fitting", lines[0::2], VOICES),
        ("held out", lines[1::2], HELD_OUT_VOICES),
    ):
        clean = synthetic_speech(language, some, voices)[:UTTERANCES]
        for condition, utterances in (("clean", clean), ("degraded", degraded(clean))):
            heard = tuple(map(model.hear, utterances))
            yield Speech(f"{kind}, {condition}", model, heard, fitting=kind == "fitting")


def read(model: Model, split: hebrew.Split) -> Iterator[Speech]:
    """The human's verses, those that he-demo was trained on apart."""
    for kind, recordings in (
        ("human, trained on", split.recordings),
        ("human, held out", split.held_out_recordings),
    ):
        if recordings:
            yield Speech(kind, model, tuple(_verse(model, item) for item in recordings))


def _verse(model: Model, recording: hebrew.Recording) -> Heard:
    """With the onsets of words whose label agrees with what was read; the first one's is 0."""
    onsets = np.full(len(recording.pointed), np.nan)
    for begin, pointed, length in hebrew.matching_runs(recording):
        onsets[pointed : pointed + length] = recording.onsets[begin : begin + length]
    onsets[0] = np.nan
    words = tuple(map(unpointed, recording.pointed))
    return Heard(
        words, onsets, np.full(len(onsets), np.nan), model.listen(load_mono(recording.path))
    )
