"""The page to read first: how sound becomes words.

    waveform -> features -> logits -> log-probabilities -> greedy path         -> Transcript
                                                        -> best path of a text -> Alignment

A Recognizer is one model with its vocabulary. It is synchronous and keeps no state between calls,
so that any number of threads may share it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from service.acoustic import AcousticModel, OnnxAcousticModel
from service.align import check_fit, forced_align
from service.audio import Audio
from service.bundle import Bundle
from service.characters import placed_characters
from service.ctc import certainty, greedy_decode, log_softmax, merge_tokens
from service.errors import EmptyTranscript, NoSpeech, NothingToAlign
from service.features import features_of
from service.levels import Levels, levels
from service.manifest import Manifest
from service.spans import Alignment, FrameClock, Transcript, Word
from service.text.mapping import WrittenText, written_text
from service.text.vocabulary import vocabulary_of
from service.words import heard_words, joint_score, placed_words


class Recognizer:
    """One model, ready to transcribe and align."""

    def __init__(self, bundle: Bundle, model: AcousticModel) -> None:
        self.manifest: Manifest = bundle.manifest
        self._vocabulary = vocabulary_of(bundle)
        self._features = features_of(bundle.manifest)
        self._model = model

    @classmethod
    def load(cls, bundle: Bundle, intra_op_threads: int = 1) -> "Recognizer":
        """Open the bundle's graph. Raises BundleError."""
        return cls(bundle, OnnxAcousticModel(bundle, intra_op_threads))

    def transcribe(self, audio: Audio) -> Transcript:
        """What is said, with a time for every word; silence is an empty text."""
        stages = _Stages()
        words: tuple[Word, ...] = ()
        sure = 0.0
        if not audio.silent:
            log_probs = self._log_probs(audio, stages)
            with stages.time("search"):
                spans = greedy_decode(log_probs, self._vocabulary.blank_id)
                words = heard_words(spans, self._vocabulary, self._clock(audio), _levels(audio))
                sure = certainty(log_probs, self._vocabulary.blank_id)
        return Transcript(
            text=" ".join(word.word for word in words),
            certainty=sure,
            words=words,
            duration_sec=audio.duration_sec,
            language=self.manifest.language,
            model=self.manifest.id,
            timings=stages.seconds,
            warnings=self._warnings(audio),
        )

    def align(self, audio: Audio, text: str, *, with_characters: bool = False) -> Alignment:
        """When each word of `text` is said, and each character of them where asked.

        Every word comes back, in order and as written. Raises EmptyTranscript, NothingToAlign,
        TranscriptTooLong, or NoSpeech for silent audio.
        """
        stages = _Stages()
        written = self._written(text)
        targets = written.tokens
        if audio.silent:
            raise _no_speech(audio)
        check_fit(targets, self._frame_count(audio))  # before the model has worked for it
        log_probs = self._log_probs(audio, stages)
        blank_id = self._vocabulary.blank_id
        with stages.time("search"):
            if np.all(log_probs.argmax(axis=1) == blank_id):
                raise _no_speech(audio)
            tokens, scores = forced_align(log_probs, targets, blank_id)
            spans = merge_tokens(tokens, scores, blank_id)
            words = placed_words(written, spans, self._clock(audio), _levels(audio))
            characters = None
            if with_characters:
                characters = placed_characters(written, words, spans, self._clock(audio))
        return Alignment(
            words=words,
            characters=characters,
            score=joint_score(spans),
            duration_sec=audio.duration_sec,
            language=self.manifest.language,
            model=self.manifest.id,
            timings=stages.seconds,
            warnings=self._warnings(audio),
        )

    def _log_probs(self, audio: Audio, stages: "_Stages") -> NDArray[np.float32]:
        with stages.time("features"):
            model_input = self._features(audio.waveform)
        with stages.time("inference"):
            return log_softmax(self._model.logits(model_input))

    def _frame_count(self, audio: Audio) -> int:
        framing = self.manifest.framing
        return framing.frame_count(max(len(audio.waveform), framing.min_samples))

    def _clock(self, audio: Audio) -> FrameClock:
        return FrameClock(
            self.manifest.framing.stride, self.manifest.sample_rate, audio.duration_sec
        )

    def _written(self, text: str) -> WrittenText:
        if not text.strip():
            raise EmptyTranscript("expected a text to align, got none", param="transcript")
        written = written_text(text, self.manifest.language, self._vocabulary)
        if len(written.targets) == 0:
            raise NothingToAlign(
                f"expected a text in the letters of model {self.manifest.id} "
                f"({self.manifest.language}), got {len(written.words)} words without any",
                param="transcript",
                model=self.manifest.id,
                language=self.manifest.language,
                words=len(written.words),
            )
        return written

    def _warnings(self, audio: Audio) -> tuple[str, ...]:
        shortest = self.manifest.framing.min_samples
        if len(audio.waveform) >= shortest:
            return ()
        message = (
            f"the audio has {len(audio.waveform)} samples at {audio.sample_rate} Hz; it was padded "
            f"with silence to the {shortest} that the model needs"
        )
        return (message,)


class _Stages:
    """Seconds by stage, in the order in which they ran."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - began


def _levels(audio: Audio) -> Levels:
    return levels(audio.waveform, audio.sample_rate)


def _no_speech(audio: Audio) -> NoSpeech:
    return NoSpeech(
        f"expected speech to align the text with, got {audio.duration_sec:.3f} s of silence",
        param="audio",
        duration_sec=round(audio.duration_sec, 3),
    )
