"""Silence that is skipped leaves words and times as they are, in the recording's own clock."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from service import recognizer as recognizer_module
from service.audio import Audio, decode_file
from service.bundle import open_bundle
from service.recognizer import UNDETECTED, Recognizer
from service.spans import Transcript, Word
from service.speech import SKIPPING
from service.windows import WINDOWING

RATE = 16_000
WINDOW_SEC = WINDOWING.kept_sec + 2 * WINDOWING.context_sec
PAUSES_SEC = (7.0, 12.0, 5.0, 20.0)


@pytest.fixture(scope="module", params=["he", "hi"])
def subject(request: pytest.FixtureRequest, root: Path) -> Recognizer:
    return Recognizer.load(open_bundle(root / f"models/{request.param}-demo"))


def clips(root: Path, subject: Recognizer) -> list[NDArray[np.float32]]:
    language = subject.manifest.language
    paths = [root / f"examples/{language}-{number}.wav" for number in (1, 2, 3)]
    return [decode_file(path, RATE, 60.0).waveform[:] for path in paths]


def audio_of(*pieces: NDArray[np.float32] | float, room: float = 0.0) -> Audio:
    """Sounds, and seconds of pause, in a room with so much noise."""
    sounds = [
        np.zeros(round(piece * RATE), np.float32) if isinstance(piece, float) else piece
        for piece in pieces
    ]
    waveform = np.concatenate(sounds)
    waveform += np.random.default_rng(2).normal(0, room, len(waveform)).astype(np.float32)
    return Audio(waveform, RATE, len(waveform) / RATE)


def both(subject: Recognizer, audio: Audio) -> tuple[Transcript, Transcript]:
    """With everything heard, and with silence skipped."""
    return subject.transcribe(audio), subject.transcribe(audio, skipping=SKIPPING)


def within(word: Word, transcript: Transcript) -> bool:
    assert word.start is not None
    return any(span.start <= word.start < span.end for span in transcript.skipped)


@pytest.mark.parametrize("room", [0.0, 0.002])
def test_words_keep_their_times(root: Path, subject: Recognizer, room: float) -> None:
    """The same words, with starts within a frame of those where all is heard, but for one in ten
    that int8 hears differently in another window; nothing that is said is skipped, and most of the
    silence is.
    """
    one, two, three = clips(root, subject)
    audio = audio_of(4.0, one, 7.0, two, 12.0, three, 20.0, one, 5.0, room=room)
    full, skipping = both(subject, audio)
    frame_sec = subject.manifest.framing.stride / RATE
    later = {(word.word, word.start) for word in skipping.words}
    same = [
        any(
            (word.word, pytest.approx(word.start, abs=1.01 * frame_sec)) == (other, start)
            for other, start in later
        )
        for word in full.words
    ]
    assert np.mean(same) >= 0.85
    assert not any(within(word, skipping) for word in full.words)
    skipped = sum(span.end - span.start for span in skipping.skipped)
    assert skipped > 48 - 5 * 3.0
    assert full.skipped == ()
    assert skipping.duration_sec == full.duration_sec


def test_speech_to_the_very_edges_is_heard(root: Path, subject: Recognizer) -> None:
    """At both ends, and a stretch that is shorter than a window."""
    one, two, _ = (clip[np.flatnonzero(np.abs(clip) > 0.02)[0] :] for clip in clips(root, subject))
    two = two[: np.flatnonzero(np.abs(two) > 0.02)[-1]]
    full, skipping = both(subject, audio_of(one, 15.0, two))
    assert skipping.words[0].start == full.words[0].start
    assert skipping.words[-1].start == pytest.approx(full.words[-1].start, abs=0.05)
    (skip,) = skipping.skipped
    assert skip.end - skip.start == pytest.approx(13, abs=1.5)


@pytest.mark.parametrize("level", [0.0003, 0.01, 0.3])
def test_a_recording_in_which_nobody_speaks_has_no_words(subject: Recognizer, level: float) -> None:
    """Its text is empty, and all of it is skipped; no window is heard."""
    audio = audio_of(25.0, room=level)
    heard = subject.transcribe(audio, skipping=SKIPPING)
    assert (heard.text, heard.words, heard.certainty) == ("", (), 0.0)
    assert [(span.start, span.end) for span in heard.skipped] in ([(0.0, 25.0)], [])
    assert heard.timings.get("inference", 0.0) == 0.0


def test_audio_that_fits_a_window_is_heard_as_it_is(root: Path, subject: Recognizer) -> None:
    """Bit for bit: there is nothing to gain."""
    one, *_ = clips(root, subject)
    audio = audio_of(one, WINDOW_SEC - 0.1 - len(one) / RATE)
    full, skipping = (subject.listen(audio, skipping=which) for which in (None, SKIPPING))
    np.testing.assert_array_equal(full.log_probs, skipping.log_probs)
    assert skipping.skipped == ()
    assert "vad" not in skipping.timings


def test_without_silence_nothing_changes(root: Path, subject: Recognizer) -> None:
    """Bit for bit, and the time of the detector is told."""
    audio = audio_of(*clips(root, subject))
    full, skipping = (subject.listen(audio, skipping=which) for which in (None, SKIPPING))
    np.testing.assert_array_equal(full.log_probs, skipping.log_probs)
    assert skipping.skipped == ()
    assert list(skipping.timings) == ["features", "vad", "inference"]


def test_words_are_told_as_they_are_heard(root: Path, subject: Recognizer) -> None:
    """In pieces that begin the text, over what is skipped; progress rises to the end."""
    one, two, _ = clips(root, subject)
    audio = audio_of(one, 20.0, two, 10.0)
    told: list[str] = []
    done: list[float] = []
    emissions = subject.listen(
        audio, on_progress=done.append, on_text=told.append, skipping=SKIPPING
    )
    assert subject.read(emissions).text.startswith("".join(told))
    assert told
    assert done == sorted(done)
    assert done[-1] == audio.duration_sec


def test_a_client_that_is_gone_stops_the_detector(root: Path, subject: Recognizer) -> None:
    """What progress raises comes through before a model runs."""

    def stop(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        subject.listen(audio_of(*clips(root, subject)), on_progress=stop, skipping=SKIPPING)


def test_a_cpu_that_cannot_detect_hears_everything(
    root: Path, subject: Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a warning; without `skipping` there is none."""
    monkeypatch.setattr(recognizer_module, "can_detect", lambda: False)
    one, two, _ = clips(root, subject)
    full, skipping = both(subject, audio_of(one, 12.0, two))
    assert (skipping.words, skipping.skipped) == (full.words, ())
    assert (full.warnings, skipping.warnings) == ((), (UNDETECTED,))


def test_nothing_a_human_says_is_skipped(root: Path, human_recordings: Path) -> None:
    """Verses with long pauses between: no word that is heard otherwise lies in what is skipped."""
    subject = Recognizer.load(open_bundle(root / "models/he-demo"))
    paths = sorted(human_recordings.glob("*.mp3"))[:8]
    verses = [decode_file(path, RATE, 60.0).waveform[:] for path in paths]
    audio = audio_of(*(piece for verse in verses for piece in (verse, 6.0)), room=0.001)
    full, skipping = both(subject, audio)
    assert not any(within(word, skipping) for word in full.words)
    assert len(skipping.skipped) == len(verses)
