"""The page to read first: how sound becomes words.

    waveform -> features -> logits -> log-probabilities -> greedy path      -> Transcript
                                                        -> best path of a text -> Alignment

A Recognizer is one model with its vocabulary. It is synchronous and keeps no state between calls,
so that any number of threads may share it.
"""

import itertools
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from service.acoustic import AcousticModel, OnnxAcousticModel
from service.align import check_fit, forced_align
from service.audio import Audio
from service.bundle import Bundle, Manifest
from service.ctc import greedy_decode, log_softmax, merge_tokens
from service.edges import word_edges
from service.errors import EmptyTranscript, NoSpeech, NothingToAlign
from service.features import wav2vec2_input
from service.spans import Alignment, FrameClock, TokenSpan, Transcript, Word
from service.text.mapping import WrittenText, WrittenWord, written_text
from service.text.vocabulary import Vocabulary


class Recognizer:
    """One model, ready to transcribe and align."""

    def __init__(self, bundle: Bundle, model: AcousticModel) -> None:
        self.manifest: Manifest = bundle.manifest
        self._vocabulary = Vocabulary(bundle.tokens, bundle.manifest)
        self._model = model

    @classmethod
    def load(cls, bundle: Bundle, intra_op_threads: int = 1) -> "Recognizer":
        """Open the bundle's graph. Raises BundleError."""
        return cls(bundle, OnnxAcousticModel(bundle, intra_op_threads))

    def transcribe(self, audio: Audio) -> Transcript:
        """What is said, with a time for every word; silence is an empty text."""
        stages = _Stages()
        words: tuple[Word, ...] = ()
        if not audio.silent:
            log_probs = self._log_probs(audio, stages)
            with stages.time("search"):
                spans = greedy_decode(log_probs, self._vocabulary.blank_id)
                words = self._heard_words(spans, self._clock(audio))
        return Transcript(
            text=" ".join(word.word for word in words),
            words=words,
            duration_sec=audio.duration_sec,
            language=self.manifest.language,
            model=self.manifest.id,
            timings=stages.seconds,
            warnings=self._warnings(audio),
        )

    def align(self, audio: Audio, text: str) -> Alignment:
        """When each word of `text` is said.

        Every word comes back, in order and as written. Raises EmptyTranscript, NothingToAlign,
        TranscriptTooLong, or NoSpeech for silent audio.
        """
        stages = _Stages()
        written = self._written(text)
        if audio.silent:
            raise _no_speech(audio)
        check_fit(written.targets, self._frame_count(audio))  # before the model has worked for it
        log_probs = self._log_probs(audio, stages)
        blank_id = self._vocabulary.blank_id
        with stages.time("search"):
            if np.all(log_probs.argmax(axis=1) == blank_id):
                raise _no_speech(audio)
            tokens, scores = forced_align(log_probs, written.targets, blank_id)
            spans = merge_tokens(tokens, scores, blank_id)
        return Alignment(
            words=self._placed_words(written, spans, self._clock(audio)),
            score=_joint_score(spans),
            duration_sec=audio.duration_sec,
            language=self.manifest.language,
            model=self.manifest.id,
            timings=stages.seconds,
            warnings=self._warnings(audio),
        )

    def _log_probs(self, audio: Audio, stages: "_Stages") -> NDArray[np.float32]:
        with stages.time("features"):
            model_input = wav2vec2_input(audio.waveform, self.manifest)
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

    def _heard_words(self, spans: Sequence[TokenSpan], clock: FrameClock) -> tuple[Word, ...]:
        """Group greedy spans at the delimiters."""
        vocabulary = self._vocabulary
        delimiter = vocabulary.delimiter_id
        spans = [
            span for span in spans if vocabulary.is_letter(span.token) or span.token == delimiter
        ]
        breaks = [index for index, span in enumerate(spans) if span.token == delimiter]
        words: list[Word] = []
        place = 0
        for before, after in itertools.pairwise([-1, *breaks, len(spans)]):
            if after - before > 1:
                text = vocabulary.text_of(span.token for span in spans[before + 1 : after])
                words.append(_word(text, place, spans, before + 1, after - 1, clock))
                place += len(text) + 1
        return tuple(words)

    def _placed_words(
        self, written: WrittenText, spans: Sequence[TokenSpan], clock: FrameClock
    ) -> tuple[Word, ...]:
        """Give each written word its time; what cannot be spoken gets the gap it stands in."""
        placed = [
            _word(item.text, item.char_start, spans, item.first, item.last, clock)
            if item.first is not None and item.last is not None
            else None
            for item in written.words
        ]
        return tuple(_fill_gaps(written.words, placed, clock))

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


def _word(
    text: str,
    char_start: int,
    spans: Sequence[TokenSpan],
    first: int,
    last: int,
    clock: FrameClock,
) -> Word:
    start, end = word_edges(spans, first, last, clock)
    score = _joint_score(spans[first : last + 1])
    return Word(text, start, end, score, "aligned", char_start, char_start + len(text))


def _fill_gaps(
    written: Sequence[WrittenWord], placed: Sequence[Word | None], clock: FrameClock
) -> Iterator[Word]:
    """Give each run of words without a place equal parts of the gap that it stands in."""
    end_of_audio = round(clock.duration_sec, 3)
    gap_start = 0.0
    for spoken, group in itertools.groupby(range(len(placed)), lambda i: placed[i] is not None):
        indices = list(group)
        if spoken:
            words = [word for word in placed[indices[0] : indices[-1] + 1] if word is not None]
            gap_start = words[-1].end or gap_start
            yield from words
            continue
        follower = placed[indices[-1] + 1] if indices[-1] + 1 < len(placed) else None
        gap_end = end_of_audio if follower is None else follower.start or gap_start
        edges = np.linspace(gap_start, gap_end, len(indices) + 1).round(3).tolist()
        for index, (start, end) in zip(indices, itertools.pairwise(edges), strict=True):
            item = written[index]
            yield Word(item.text, start, end, None, "interpolated", item.char_start, item.char_end)


def _joint_score(spans: Sequence[TokenSpan]) -> float:
    """exp(mean of log p over all frames of the spans), from each span's own score and length."""
    frames = sum(span.end - span.start for span in spans)
    total = sum((span.end - span.start) * math.log(max(span.score, 1e-30)) for span in spans)
    return round(math.exp(total / frames), 4)


def _no_speech(audio: Audio) -> NoSpeech:
    return NoSpeech(
        f"expected speech to align the text with, got {audio.duration_sec:.3f} s of silence",
        param="audio",
        duration_sec=round(audio.duration_sec, 3),
    )
