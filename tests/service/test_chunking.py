"""Windows leave hardly a trace: frames, times and text are those of the whole."""

import contextlib
import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from recipes import CONFORMER

from service.audio import Audio, decode_file
from service.bundle import open_bundle
from service.chunking import Emitter
from service.ctc import log_softmax
from service.features import LogMel, Wav2Vec2Input
from service.framing import Convolutions, Framing, Subsampling
from service.recipes import WaveformRecipe
from service.recognizer import Recognizer
from service.samples import Samples, Spool, StoredSamples
from service.speech import Speech, unheard
from service.stages import Stages
from service.windows import Stretch, Windowing

RATE = 16_000  # Hz
WAV2VEC2 = Convolutions(((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2)))
CONFORMED = Subsampling(CONFORMER, 4)
WIDTH = 5  # tokens
BLANK = 3


class Local:
    """A model whose every frame is made of its own input alone: context cannot matter."""

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        self.heard: list[int] = []

    def logits(self, model_input: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [T, WIDTH]: sums over what the frame is made of, weighted by place."""
        length = model_input.shape[-1]
        self.heard.append(length)
        frames = []
        for frame in range(self.framing.output_length(length)):
            first, last = self.framing.input_span(frame, frame + 1)
            piece = np.atleast_2d(model_input)[:, first : min(last, length)]
            frames.append([np.cos(k * np.arange(piece.shape[1])) @ piece.sum(0) for k in range(5)])
        return np.array(frames, dtype=np.float32) / 50


def noise(samples: int) -> NDArray[np.float32]:
    random = np.random.default_rng(samples)
    swell = np.linspace(0.02, 0.3, samples)  # so that no window has the statistics of the whole
    return (swell * random.standard_normal(samples) + 0.01).astype(np.float32)


def audio_of(waveform: Samples) -> Audio:
    return Audio(waveform, RATE, len(waveform) / RATE)


def emitter(framing: Framing, windowing: Windowing) -> Emitter:
    features = (
        Wav2Vec2Input(WaveformRecipe(normalize=True), framing.min_samples)
        if isinstance(framing, Convolutions)
        else LogMel(framing.recipe)
    )
    return Emitter(Local(framing), features, framing, windowing)


@pytest.mark.parametrize("framing", [WAV2VEC2, CONFORMED])
@pytest.mark.parametrize("kept_sec", [0.2, 0.5, 0.77])
@pytest.mark.parametrize("context_sec", [0.0, 0.1])
@pytest.mark.parametrize("samples", [32_000, 32_001, 32_399, 33_333])
def test_a_model_that_hears_no_context_answers_as_to_the_whole(
    framing: Framing, kept_sec: float, context_sec: float, samples: int
) -> None:
    """Windows meet frame by frame, normalised as one: what differs is rounding."""
    audio = audio_of(noise(samples))
    subject = emitter(framing, Windowing(kept_sec, context_sec))
    whole = emitter(framing, Windowing(1e6, 0.0)).log_probs(audio)
    log_probs = subject.log_probs(audio)
    assert log_probs.dtype == np.float32
    assert log_probs.shape == (framing.frame_count(samples), WIDTH)
    np.testing.assert_allclose(log_probs, whole, atol=2e-4)
    assert len(set(subject.model.heard[:-1])) == 1  # type: ignore[attr-defined]  # a Local


@pytest.mark.parametrize("framing", [WAV2VEC2, CONFORMED])
@pytest.mark.parametrize("samples", [1, 100, 400, 16_000])
def test_what_fits_one_window_is_heard_as_it_is(framing: Framing, samples: int) -> None:
    """Bit for bit: the features of the whole, once through the model."""
    subject = emitter(framing, Windowing(1.0, 0.1))
    waveform = noise(samples)
    expected = log_softmax(subject.model.logits(subject.features(waveform)))
    np.testing.assert_array_equal(subject.log_probs(audio_of(waveform)), expected)
    assert len(expected) == subject.frame_count(samples)


def test_progress_is_told_after_every_window() -> None:
    """In seconds of audio, rising up to all of it; so it is for a single window."""
    subject = emitter(WAV2VEC2, Windowing(0.5, 0.1))
    told: list[float] = []
    subject.log_probs(audio_of(noise(3 * RATE)), on_progress=told.append)
    assert told == pytest.approx([0.56, 1.02, 1.48, 1.94, 2.4, 3.0])
    told.clear()
    subject.log_probs(audio_of(noise(RATE // 2)), on_progress=told.append)
    assert told == [0.5]


def test_progress_may_stop_the_work() -> None:
    """No further window is heard, and what was raised comes through."""
    subject = emitter(WAV2VEC2, Windowing(0.5, 0.1))

    def stop(seconds: float) -> None:
        if seconds > 1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        subject.log_probs(audio_of(noise(3 * RATE)), on_progress=stop)
    assert len(subject.model.heard) == 2  # type: ignore[attr-defined]  # a Local


@pytest.mark.parametrize("seconds", [0.5, 3.0])
def test_the_time_of_both_stages_is_added_up(seconds: float) -> None:
    """Over all windows, features before inference."""
    stages = Stages()
    audio = audio_of(noise(round(seconds * RATE)))
    emitter(CONFORMED, Windowing(0.5, 0.1)).log_probs(audio, stages)
    assert list(stages.seconds) == ["features", "inference"]
    assert all(spent > 0 for spent in stages.seconds.values())


@pytest.mark.parametrize("framing", [WAV2VEC2, CONFORMED])
def test_only_stretches_with_speech_are_heard(framing: Framing) -> None:
    """Their frames are those of the whole, under the whole's statistics, in their places; all
    others are the blank's, and far fewer samples go through the model.
    """
    audio = audio_of(noise(20 * RATE))
    whole = emitter(framing, Windowing(1e6, 0.0)).log_probs(audio)
    subject = emitter(framing, Windowing(0.5, 0.1))
    found = (Stretch(0, 30), Stretch(100, 190), Stretch(len(whole) - 12, len(whole)))
    log_probs = subject.log_probs(audio, speech=Speech(found, unheard(WIDTH, BLANK)))
    spoken = np.zeros(len(whole), dtype=bool)
    for begin, end in found:
        spoken[begin:end] = True
    np.testing.assert_allclose(log_probs[spoken], whole[spoken], atol=2e-4)
    assert (log_probs[~spoken].argmax(axis=1) == BLANK).all()
    assert np.exp(log_probs[~spoken, BLANK]) == pytest.approx(1)
    assert np.isfinite(log_probs).all()
    heard = sum(subject.model.heard) / sum(emitter_heard(framing, audio))  # type: ignore[attr-defined]  # a Local
    assert heard < 1.3 * spoken.mean()


def emitter_heard(framing: Framing, audio: Audio) -> list[int]:
    """What goes through a model that hears all at once."""
    subject = emitter(framing, Windowing(1e6, 0.0))
    subject.log_probs(audio)
    heard: list[int] = subject.model.heard  # type: ignore[attr-defined]  # a Local
    return heard


@pytest.mark.parametrize("found", [(), (Stretch(40, 90),), (Stretch(0, 60), Stretch(110, 149))])
def test_listeners_get_every_frame_in_order_whatever_is_skipped(found: tuple[Stretch, ...]) -> None:
    """Silence that is skipped comes with what follows it; the end of the audio is told once."""
    subject = emitter(WAV2VEC2, Windowing(0.5, 0.1))
    shown: list[NDArray[np.float32]] = []
    told: list[float] = []
    log_probs = subject.log_probs(
        audio_of(noise(3 * RATE)),
        on_progress=told.append,
        on_heard=lambda frames: shown.append(frames.copy()),
        speech=Speech(found, unheard(WIDTH, BLANK)),
    )
    np.testing.assert_array_equal(np.concatenate(shown), log_probs)
    assert told == sorted(set(told))
    assert told[-1] == 3.0


HEARD_SEC = (8.0, 15.0, 30.0)
UNWINDOWED = Windowing(1e6, 0.0)
SECONDS = 60.0
GAP_SEC = 0.4


def joined(paths: Sequence[Path]) -> Audio:
    """The recordings one after another, a pause behind each."""
    pause = np.zeros(round(GAP_SEC * RATE), dtype=np.float32)
    pieces = [(decode_file(path, RATE, SECONDS).waveform[:], pause) for path in paths]
    return audio_of(np.concatenate([array for pair in pieces for array in pair]))


def word_times(
    subject: Recognizer, windowing: Windowing, audio: Audio, text: str
) -> NDArray[np.float64]:
    """float64 [words, 2]: starts and ends, in frames."""
    subject._emitter = replace(subject._emitter, windowing=windowing)
    words = subject.align(audio, text).words
    frame_sec = subject.manifest.framing.stride / RATE
    return np.array([(word.start, word.end) for word in words], dtype=np.float64) / frame_sec


def least_share_within_a_frame(subject: Recognizer, audio: Audio, text: str) -> float:
    """Of starts and ends, against those of the audio heard at once; over the window lengths."""
    whole = word_times(subject, UNWINDOWED, audio, text)
    windowings = [Windowing(heard_sec - 2, 1.0) for heard_sec in HEARD_SEC]
    times = [word_times(subject, windowing, audio, text) for windowing in windowings]
    return min(float(np.mean(np.abs(one - whole) < 1.01)) for one in times)


@pytest.mark.parametrize("language", ["he", "hi"])
def test_word_times_do_not_depend_on_the_windows(root: Path, language: str) -> None:
    """99 of 100 starts and ends stay within a frame, whether speech is heard in windows of 8, 15
    or 30 s, or at once.
    """
    names = [f"{language}-{number}" for number in (1, 2, 3, 3, 1, 2, 2, 3, 1)]
    audio = joined([root / f"examples/{name}.wav" for name in names])
    text = " ".join((root / f"examples/{name}.txt").read_text(encoding="utf-8") for name in names)
    subject = Recognizer.load(open_bundle(root / f"models/{language}-demo"))
    assert audio.duration_sec > 1.3 * max(HEARD_SEC)
    assert least_share_within_a_frame(subject, audio, text) >= 0.99


def test_a_humans_words_move_little_with_the_windows(root: Path, human_recordings: Path) -> None:
    """The demo model is unsure of a human, and attention that reaches further changes its mind on
    some words; a window in the wrong place would move them all.
    """
    with (human_recordings / "verses.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        texts = {row["audio"]: row["text"] for row in rows if row["audio"].endswith(".mp3")}
    names = sorted(texts)[:4]
    audio = joined([human_recordings / name for name in names])
    text = " ".join(texts[name] for name in names)
    subject = Recognizer.load(open_bundle(root / "models/he-demo"))
    assert audio.duration_sec > max(HEARD_SEC)
    assert least_share_within_a_frame(subject, audio, text) >= 0.9


def test_a_recording_in_its_file_is_heard_as_one_in_memory(root: Path) -> None:
    """Word by word, and bit for bit."""
    waveform = np.resize(
        decode_file(root / "examples/he-1.wav", RATE, SECONDS).waveform[:], 70 * RATE
    )
    spool = Spool()
    spool.write(waveform)
    samples = spool.finish()
    assert isinstance(samples, StoredSamples)
    subject = Recognizer.load(open_bundle(root / "models/he-demo"))
    with contextlib.closing(samples):
        stored, kept = (subject.transcribe(audio_of(one)) for one in (samples, waveform))
    assert stored.words == kept.words
    assert len(stored.words) > 100
