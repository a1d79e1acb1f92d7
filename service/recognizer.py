"""The page to read first: how sound becomes words.

    audio -> features -> logits -> log-probabilities: Emissions -> greedy path         -> Transcript
                                                                -> best path of a text -> Alignment

A Recognizer is one model with its vocabulary. It is synchronous and keeps no state between calls,
so that any number of threads may share it.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.acoustic import AcousticModel
from service.audio import Audio
from service.bundle import Bundle
from service.characters import placed_characters
from service.chunking import Emitter, Progress
from service.crew import Crew
from service.ctc import certainty, greedy_decode
from service.dictation import Dictation, OnText
from service.emissions import Emissions
from service.errors import EmptyTranscript, NoSpeech, NothingToAlign
from service.features import features_of
from service.levels import Levels, levels
from service.manifest import Manifest
from service.ops.cores import Cores
from service.phonemes import placed_phonemes
from service.placing.finding import find_text
from service.placing.placed import placed_segments, placed_words, spoken_spans
from service.placing.placement import Placement, said
from service.placing.unwritten import unwritten_speech
from service.plausibility import doubts, longest_gap
from service.preparing.cache import PreparedModels
from service.preparing.opening import open_model, open_pair
from service.quality import quality
from service.spans import Alignment, Character, FrameClock, Transcript, Unspoken, Word
from service.speech import Skipping, Speech, speech_in, unheard
from service.stages import Stages
from service.text.lineup import Gaps
from service.text.mapping import written_text
from service.text.segments import Division
from service.text.vocabulary import vocabulary_of
from service.text.written import WrittenText
from service.voice import can_detect
from service.words import heard_tokens, heard_words, joint_score


@dataclass(frozen=True)
class AlignOptions:
    """How a text is aligned.

    gaps: where speech that the text lacks is absorbed. "ends": before the first and after the last
    word; "lines": at its line breaks, too; "words": between any two words; "none": nowhere, and
    every word gets a time. With all but "none", words that were not said are left out, and speech
    between words is absorbed where it is plain that there is some (service/placing/thinning.py).
    segments: what the answer's segments are. pronunciations: how a word is written -> how it is
    said, in the model's letters or phonemes. with_characters: whether the answer has the times of
    characters; of a model of phonemes, those of phonemes.
    """

    gaps: Gaps = "ends"
    segments: Division = "sentence"
    pronunciations: Mapping[str, str] = field(default_factory=dict)
    with_characters: bool = False


DEFAULTS = AlignOptions()

UNDETECTED: Final = (
    "no silence was skipped: the detector of speech needs a CPU with AVX2, FMA, F16C and BMI2"
)


class Recognizer:
    """One model, ready to transcribe and align."""

    def __init__(self, bundle: Bundle, model: AcousticModel, crew: Crew | None = None) -> None:
        self.manifest: Manifest = bundle.manifest
        self._vocabulary = vocabulary_of(bundle)
        self._letters = "letters" if self._vocabulary.units == "characters" else "phonemes"
        self._width = len(bundle.tokens)
        features, framing = features_of(bundle.manifest), bundle.manifest.framing
        self._emitter = Emitter(model, features, framing, crew=crew)

    @classmethod
    def load(
        cls,
        bundle: Bundle,
        intra_op_threads: int = 1,
        prepared: PreparedModels | None = None,
        cores: Cores | None = None,
        *,
        widen: bool = True,
    ) -> "Recognizer":
        """Open the bundle's graph, or what is prepared of it. cores: those that it shares with
        other jobs, each good for so many threads; None: it has its threads and no more. widen:
        whether one window may have all of them, at which the last bits of an answer may change.

        Raises BundleError.
        """
        if cores is None:
            return cls(bundle, open_model(bundle, intra_op_threads, prepared))
        pair = open_pair(bundle, intra_op_threads, cores.count if widen else 1, prepared)
        return cls(bundle, pair.narrow, Crew(cores, pair.wide))

    def warm(self, audio: Audio) -> None:
        """Hear it once on all cores, and once on one where that is another session."""
        self.transcribe(audio)
        if self._emitter.crew is not None and self._emitter.crew.wide is not None:
            replace(self._emitter, crew=None).log_probs(audio)

    def transcribe(
        self,
        audio: Audio,
        *,
        on_progress: Progress | None = None,
        skipping: Skipping | None = None,
    ) -> Transcript:
        """What is said, with a time for every word; silence is an empty text.

        `on_progress` gets the seconds of audio that are done, and stops all by raising. skipping:
        as in `listen`.
        """
        return self.read(self.listen(audio, on_progress=on_progress, skipping=skipping))

    def align(
        self,
        audio: Audio,
        text: str,
        options: AlignOptions = DEFAULTS,
        *,
        on_progress: Progress | None = None,
    ) -> Alignment:
        """When each word of `text` is said; `on_progress` as in `transcribe`.

        Every word comes back, in order and as written. Raises EmptyTranscript, NothingToAlign,
        TranscriptTooLong, InvalidField, or NoSpeech for silent audio.
        """
        frames = self.frame_count(audio)  # text that does not fit is refused before the model works
        written = self.written(text, options, frames=frames, on_progress=on_progress)
        emissions = self.listen(audio, on_progress=on_progress)
        return self.place(emissions, written, options, on_progress=on_progress)

    def listen(
        self,
        audio: Audio,
        *,
        on_progress: Progress | None = None,
        on_text: OnText | None = None,
        skipping: Skipping | None = None,
    ) -> Emissions:
        """What the model hears; of silent audio nothing.

        `on_text` gets the words of the transcript as they are heard, but for the last one.
        skipping: which silence the model need not hear; None: it hears all of it, as it does of
        audio that fits one window.
        """
        stages = Stages()
        stride, rate = self.manifest.framing.stride, self.manifest.sample_rate
        clock = FrameClock(stride, rate, audio.duration_sec)
        with stages.time("features"):
            loudness = levels(audio.blocks(), audio.sample_rate)
        log_probs, speech = np.zeros((0, self._width), np.float32), None
        if not audio.silent:
            hear = Dictation(self._vocabulary, on_text).hear if on_text else None
            if skipping and can_detect() and not self._emitter.at_once(audio):
                with stages.time("vad"):
                    speech = self._speech(audio, loudness, skipping, on_progress)
            log_probs = self._emitter.log_probs(audio, stages, on_progress, hear, speech)
        return Emissions(
            log_probs,
            loudness,
            clock,
            self._warnings(audio, skipping),
            stages.seconds,
            audio.padding_sec,
            speech.skipped(len(log_probs), clock) if speech else (),
        )

    def _speech(
        self, audio: Audio, loudness: Levels, skipping: Skipping, on_progress: Progress | None
    ) -> Speech:
        stretches = speech_in(
            audio,
            loudness,
            skipping,
            self._emitter.frame_count(len(audio.waveform)),
            self.manifest.framing.stride,
            lambda: on_progress(0.0) if on_progress else None,
        )
        return Speech(stretches, unheard(self._width, self._vocabulary.blank_id))

    def read(self, emissions: Emissions) -> Transcript:
        """The greedy path as words."""
        stages = Stages()
        with stages.time("search"):
            spans = greedy_decode(emissions.log_probs, self._vocabulary.blank_id)
            words = heard_words(spans, self._vocabulary, emissions.clock, emissions.levels)
            sure = certainty(emissions.log_probs, self._vocabulary.blank_id)
        return Transcript(
            text=" ".join(word.word for word in words),
            certainty=sure,
            words=words,
            duration_sec=emissions.clock.duration_sec,
            language=self.manifest.language,
            model=self.manifest.id,
            timings={**emissions.timings, **stages.seconds},
            warnings=emissions.warnings,
            tokens=heard_tokens(spans, self._vocabulary),
            skipped=emissions.skipped,
        )

    def written(
        self,
        text: str,
        options: AlignOptions = DEFAULTS,
        *,
        frames: int | None = None,
        on_progress: Progress | None = None,
    ) -> WrittenText:
        """A text as it may be said, in so many frames if they are given.

        `on_progress` is called often with 0, and stops all by raising. Raises EmptyTranscript,
        NothingToAlign, InvalidField, or TranscriptTooLong as soon as the text does not fit.
        """
        if not text.strip():
            raise EmptyTranscript("expected a text to align, got none", param="transcript")
        written = written_text(
            text,
            self.manifest.language,
            self._vocabulary,
            pronunciations=options.pronunciations,
            segments=options.segments,
            frames=frames,
            on_progress=lambda: on_progress(0.0) if on_progress else None,
        )
        if not any(word.readings[0].targets for word in written.words):
            raise NothingToAlign(
                f"expected a text in the {self._letters} of model {self.manifest.id} "
                f"({self.manifest.language}), got {len(written.words)} words without any",
                param="transcript",
                model=self.manifest.id,
                language=self.manifest.language,
                words=len(written.words),
            )
        return written

    def frame_count(self, sound: Audio | Emissions) -> int:
        """How many frames there are for a text. Raises NoSpeech for silent audio."""
        if isinstance(sound, Emissions):
            frames, duration_sec = len(sound.log_probs), sound.clock.duration_sec
        else:
            samples, duration_sec = len(sound.waveform), sound.duration_sec
            frames = 0 if sound.silent else self._emitter.frame_count(samples)
        if not frames:
            raise _no_speech(duration_sec)
        return frames

    def place(
        self,
        emissions: Emissions,
        written: WrittenText,
        options: AlignOptions = DEFAULTS,
        *,
        on_progress: Progress | None = None,
    ) -> Alignment:
        """When each word of a text is said in what was heard.

        `on_progress` is called often with the whole length, and stops the search by raising.
        Raises NoSpeech or TranscriptTooLong.
        """
        stages = Stages()
        blank_id, clock = self._vocabulary.blank_id, emissions.clock
        with stages.time("search"):
            if np.all(emissions.log_probs.argmax(axis=1) == blank_id):
                raise _no_speech(clock.duration_sec)
            found = find_text(
                emissions.log_probs,
                written,
                blank_id,
                options.gaps,
                on_progress=lambda _: on_progress(clock.duration_sec) if on_progress else None,
            )
            words = placed_words(written, found, clock, emissions.levels)
            segments = placed_segments(written, found, words)
            trust = quality(found.evidence, _token_counts(written, found))
            heard = self._heard(emissions) if found.absorbed else ()
            unwritten = unwritten_speech(written, found, heard, clock, emissions.levels)
            characters = None
            if options.with_characters:
                characters = self._characters(written, found, words, clock)
        gaps_sec = _longest_gaps(found, clock)
        return Alignment(
            text=written.text,
            words=words,
            characters=characters,
            segments=segments,
            unspoken=_unspoken(written.text, words),
            unwritten=unwritten,
            score=joint_score(spoken_spans(found)),
            quality=trust,
            duration_sec=clock.duration_sec,
            language=self.manifest.language,
            model=self.manifest.id,
            timings={**emissions.timings, **stages.seconds},
            warnings=(*emissions.warnings, *doubts(words, segments, gaps_sec, trust)),
            token_count=len(found.spans),
        )

    def _characters(
        self, written: WrittenText, found: Placement, words: Sequence[Word], clock: FrameClock
    ) -> tuple[Character, ...]:
        """Of every word, in order; for a model of phonemes these."""
        if self._vocabulary.units == "characters":
            return placed_characters(found.line, words, found.spans, clock)
        readings = [said(written, found, index) for index in range(len(written.words))]
        return placed_phonemes(found.line, words, found.spans, clock, readings, self._vocabulary)

    def _heard(self, emissions: Emissions) -> tuple[Word, ...]:
        spans = greedy_decode(emissions.log_probs, self._vocabulary.blank_id)
        return heard_words(spans, self._vocabulary, emissions.clock, emissions.levels)

    def _warnings(self, audio: Audio, skipping: Skipping | None) -> tuple[str, ...]:
        found = []
        shortest = self.manifest.framing.min_samples
        if len(audio.waveform) < shortest:
            found.append(
                f"the audio has {len(audio.waveform)} samples at {audio.sample_rate} Hz; it was "
                f"padded with silence to the {shortest} that the model needs"
            )
        if skipping and not can_detect():
            found.append(UNDETECTED)
        return tuple(found)


def _token_counts(written: WrittenText, found: Placement) -> NDArray[np.int64]:
    """int64 [words]: the tokens of each word, said or not."""
    counts = [len(said(written, found, index).targets) for index in range(len(written.words))]
    return np.array(counts, dtype=np.int64)


def _longest_gaps(found: Placement, clock: FrameClock) -> list[float]:
    """Seconds of each word between its tokens where they are farthest apart."""
    return [
        0.0 if places is None else longest_gap(found.spans[places[0] : places[1] + 1], clock)
        for places in found.line.places
    ]


def _unspoken(text: str, words: Sequence[Word]) -> tuple[Unspoken, ...]:
    """The runs of words that were not heard."""
    runs = itertools.groupby(words, key=lambda word: word.status == "not_found")
    missing = [list(run) for is_missing, run in runs if is_missing]
    return tuple(
        Unspoken(text[run[0].char_start : run[-1].char_end], run[0].char_start, run[-1].char_end)
        for run in missing
    )


def _no_speech(duration_sec: float) -> NoSpeech:
    return NoSpeech(
        f"expected speech to align the text with, got {duration_sec:.3f} s of silence",
        param="audio",
        duration_sec=round(duration_sec, 3),
    )
