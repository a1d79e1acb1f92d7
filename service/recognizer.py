"""The page to read first: how sound becomes words.

    waveform -> features -> logits -> log-probabilities -> greedy path         -> Transcript
                                                        -> best path of a text -> Alignment

A Recognizer is one model with its vocabulary. It is synchronous and keeps no state between calls,
so that any number of threads may share it.
"""

import numpy as np

from service.acoustic import AcousticModel, OnnxAcousticModel
from service.align import check_fit, forced_align
from service.audio import Audio
from service.bundle import Bundle
from service.characters import placed_characters
from service.chunking import Emitter, Progress
from service.ctc import certainty, greedy_decode, merge_tokens
from service.errors import EmptyTranscript, NoSpeech, NothingToAlign
from service.features import features_of
from service.manifest import Manifest
from service.spans import Alignment, FrameClock, Transcript, Word
from service.stages import Stages
from service.text.lineup import Lineup, lineup
from service.text.mapping import written_text
from service.text.vocabulary import vocabulary_of
from service.text.written import WrittenText
from service.words import heard_words, joint_score, placed_words


class Recognizer:
    """One model, ready to transcribe and align."""

    def __init__(self, bundle: Bundle, model: AcousticModel) -> None:
        self.manifest: Manifest = bundle.manifest
        self._vocabulary = vocabulary_of(bundle)
        self._emitter = Emitter(model, features_of(bundle.manifest), bundle.manifest.framing)

    @classmethod
    def load(cls, bundle: Bundle, intra_op_threads: int = 1) -> "Recognizer":
        """Open the bundle's graph. Raises BundleError."""
        return cls(bundle, OnnxAcousticModel(bundle, intra_op_threads))

    def transcribe(self, audio: Audio, *, on_progress: Progress | None = None) -> Transcript:
        """What is said, with a time for every word; silence is an empty text.

        `on_progress` gets the seconds of audio that are done, and stops all by raising.
        """
        stages = Stages()
        words: tuple[Word, ...] = ()
        sure = 0.0
        if not audio.silent:
            log_probs = self._emitter.log_probs(audio, stages, on_progress)
            with stages.time("search"):
                spans = greedy_decode(log_probs, self._vocabulary.blank_id)
                words = heard_words(spans, self._vocabulary, self._clock(audio))
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

    def align(
        self,
        audio: Audio,
        text: str,
        *,
        with_characters: bool = False,
        on_progress: Progress | None = None,
    ) -> Alignment:
        """When each word of `text` is said, and each character of them where asked.

        Every word comes back, in order and as written; `on_progress` as in `transcribe`. Raises
        EmptyTranscript, NothingToAlign, TranscriptTooLong, or NoSpeech for silent audio.
        """
        stages = Stages()
        written, lined_up = self._lined_up(text)
        targets = lined_up.tokens
        if audio.silent:
            raise _no_speech(audio)
        check_fit(
            targets, self._emitter.frame_count(len(audio.waveform))
        )  # before the model has worked for it
        log_probs = self._emitter.log_probs(audio, stages, on_progress)
        blank_id = self._vocabulary.blank_id
        with stages.time("search"):
            if np.all(log_probs.argmax(axis=1) == blank_id):
                raise _no_speech(audio)
            tokens, scores = forced_align(log_probs, targets, blank_id)
            spans = merge_tokens(tokens, scores, blank_id)
            words = placed_words(written, lined_up, spans, self._clock(audio))
            characters = None
            if with_characters:
                characters = placed_characters(lined_up, words, spans, self._clock(audio))
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

    def _clock(self, audio: Audio) -> FrameClock:
        return FrameClock(
            self.manifest.framing.stride, self.manifest.sample_rate, audio.duration_sec
        )

    def _lined_up(self, text: str) -> tuple[WrittenText, Lineup]:
        if not text.strip():
            raise EmptyTranscript("expected a text to align, got none", param="transcript")
        written = written_text(text, self.manifest.language, self._vocabulary)
        lined_up = lineup(written, gaps="none")
        if not lined_up.targets:
            raise NothingToAlign(
                f"expected a text in the letters of model {self.manifest.id} "
                f"({self.manifest.language}), got {len(written.words)} words without any",
                param="transcript",
                model=self.manifest.id,
                language=self.manifest.language,
                words=len(written.words),
            )
        return written, lined_up

    def _warnings(self, audio: Audio) -> tuple[str, ...]:
        shortest = self.manifest.framing.min_samples
        if len(audio.waveform) >= shortest:
            return ()
        message = (
            f"the audio has {len(audio.waveform)} samples at {audio.sample_rate} Hz; it was padded "
            f"with silence to the {shortest} that the model needs"
        )
        return (message,)


def _no_speech(audio: Audio) -> NoSpeech:
    return NoSpeech(
        f"expected speech to align the text with, got {audio.duration_sec:.3f} s of silence",
        param="audio",
        duration_sec=round(audio.duration_sec, 3),
    )
