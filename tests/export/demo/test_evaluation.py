"""The published figures are computed as they are described."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from export.demo import evaluate
from export.demo.evaluate import MAX_WORDS, EdgeErrors, Hearing, hear
from export.demo.hebrew.corpus import Recording, matching_runs, skeleton
from export.demo.hebrew.evaluation import Quality as HebrewQuality
from export.demo.hebrew.evaluation import folded, in_pause
from export.demo.hindi import evaluation as hindi
from export.demo.hindi.corpus import HINDI, Split
from export.demo.speech.espeak import Speech
from export.demo.speech.festival import Misread
from export.demo.speech.mixture import Phrases
from export.demo.speech.utterance import Utterance
from service.audio import Audio
from service.errors import NoSpeech
from service.spans import Alignment, Transcript, Word


class Planted:
    """A listener that knows utterances by their length, and errs as it is told.

    slips: what it hears for a word; late_sec: by how much it errs on each word, in turns, None
    where it places none; an empty one makes it deaf.
    """

    def __init__(
        self,
        utterances: Sequence[Utterance],
        slips: dict[str, str] | None = None,
        late_sec: Sequence[float | None] = (0.0,),
    ) -> None:
        self._known = {len(item.waveform): item for item in utterances}
        self._slips, self._late_sec = slips or {}, late_sec

    def transcribe(self, audio: Audio) -> Transcript:
        """What was said, with its slips."""
        said = self._known[len(audio.waveform)].words
        text = " ".join(self._slips.get(word, word) for word in said)
        return Transcript(text, 1.0, (), audio.duration_sec, "xx", "planted", {})

    def align(self, audio: Audio, text: str) -> Alignment:
        """The true onsets, as late as it is told, and the true ends, as early."""
        if not self._late_sec:
            raise NoSpeech("expected speech, got silence")
        item = self._known[len(audio.waveform)]
        assert text == " ".join(item.words)
        words = []
        ends = item.onsets if item.ends is None else item.ends
        for index, (name, *samples) in enumerate(zip(item.words, item.onsets, ends, strict=True)):
            late = self._late_sec[index % len(self._late_sec)]
            start, end = (None, None)
            if late is not None:
                start, end = samples[0] / 16_000 + late, samples[1] / 16_000 - late
            words.append(Word(name, start, end, 1.0, "aligned", 0, 0))
        return Alignment(
            text=text,
            words=tuple(words),
            characters=None,
            segments=(),
            unspoken=(),
            unwritten=(),
            score=1.0,
            quality=1.0,
            duration_sec=audio.duration_sec,
            language="xx",
            model="planted",
            timings={},
        )


def utterance(samples: int, *words: str) -> Utterance:
    onsets = np.arange(len(words), dtype=np.int64) * 8_000
    return Utterance(np.zeros(samples, dtype=np.float32), words, onsets, onsets + 6_000)


SAID = [utterance(40_000, "आज", "घर", "है"), utterance(30_000, "घर")]


def test_error_rates_are_edits_over_all_characters() -> None:
    """Long utterances weigh more than short ones; spaces count."""
    assert Hearing(("אבגד", "אב"), ("אבגד", "גד"), ()).cer() == pytest.approx(2 / 6, abs=1e-4)
    assert Hearing(("אב גד",), ("אבגד",), ()).cer() == pytest.approx(1 / 5)


def test_both_sides_are_folded() -> None:
    """A difference that the fold hides is none, and what it leaves out is not counted."""
    assert Hearing(("ab c",), ("A Bd",), ()).cer(lambda text: text.lower().replace(" ", "")) == (
        pytest.approx(1 / 3, abs=1e-4)
    )


def test_edge_errors_are_absolute_and_in_milliseconds() -> None:
    """Early and late weigh the same, but in the signed median, which tells them apart."""
    errors = EdgeErrors.of([-0.010, 0.010, -0.010, 0.100])
    assert (errors.words, errors.unplaced, errors.median_ms) == (4, 0, 10.0)
    assert errors.signed_median_ms == 0.0
    assert errors.p90_ms == pytest.approx(73.0)


def test_words_without_a_start_are_counted_apart() -> None:
    """They neither vanish nor spoil the figures of the others."""
    assert EdgeErrors.of([0.01, np.nan, -0.03]) == EdgeErrors(2, 1, 20.0, 28.0, -10.0)
    assert EdgeErrors.of([np.nan]) == EdgeErrors(0, 1, None, None, None)


def test_what_is_heard_is_set_against_what_was_said() -> None:
    """Text by text, and onset by onset, with the sign of the error."""
    hearing = hear(Planted(SAID, {"घर": "घड़"}, (0.01, -0.02, None)), SAID)
    assert hearing.said == ("आज घर है", "घर")
    assert hearing.heard == ("आज घड़ है", "घड़")
    np.testing.assert_allclose(hearing.errors_sec, [0.01, -0.02, np.nan, 0.01], atol=1e-9)
    np.testing.assert_allclose(hearing.end_errors_sec, [-0.01, 0.02, np.nan, -0.01], atol=1e-9)


def test_ends_that_are_not_known_are_not_measured() -> None:
    """A human's words have published onsets only."""
    unknown = [replace(item, ends=None) for item in SAID]
    hearing = hear(Planted(unknown), unknown)
    assert hearing.onsets == EdgeErrors(4, 0, 0.0, 0.0, 0.0)
    assert hearing.offsets is None


def test_a_recording_situation_moves_no_word() -> None:
    """Degraded utterances have the words, onsets and ends of the clean ones."""
    (noisy,) = evaluate.degraded([SAID[0]])
    assert noisy.words == SAID[0].words
    assert noisy.onsets is SAID[0].onsets
    assert noisy.ends is SAID[0].ends


def test_an_utterance_that_cannot_be_aligned_places_no_word() -> None:
    """The evaluation goes on, and says how many."""
    hearing = hear(Planted(SAID, late_sec=()), SAID)
    assert hearing.onsets == EdgeErrors(0, 4, None, None, None)


def test_long_sentences_are_cut_and_all_are_chosen_in_any_order() -> None:
    """What is chosen depends on the seed alone."""
    lines = [[str(line)] * 20 for line in range(5)]
    chosen = evaluate.chosen_lines(lines, np.random.default_rng(0))
    assert chosen == evaluate.chosen_lines(lines, np.random.default_rng(0))
    assert sorted(line[0] for line in chosen) == ["0", "1", "2", "3", "4"]
    assert {len(line) for line in chosen} == {MAX_WORDS}


def test_held_out_sentences_are_spoken_the_same_each_time() -> None:
    """Every one of them, by voices that only depend on the seed."""
    lines = [("घर", "है"), ("आज", "बारिश", "है")]
    first, again = (evaluate.held_out_speech(HINDI, lines) for _ in range(2))
    assert sorted(item.words for item in first) == sorted(lines)
    assert [item.words for item in first] == [item.words for item in again]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_allclose(one.onsets, other.onsets, atol=0.02 * 16_000)


def test_degraded_speech_keeps_words_and_onsets() -> None:
    """Only the sound changes."""
    sound = np.sin(np.arange(16_000, dtype=np.float32))
    (worse,) = evaluate.degraded([Utterance(sound, ("a",), np.array([5]))])
    assert (worse.words, worse.onsets.tolist()) == (("a",), [5])
    assert worse.waveform.shape == sound.shape
    assert not np.array_equal(worse.waveform, sound)


class FakeFestival:
    """Refuses one word, and notes what it is given."""

    def __init__(self) -> None:
        self.spoken: list[list[str]] = []

    def speak(self, words: Sequence[str]) -> Speech:
        """Silence of a length that tells how many words there were."""
        self.spoken.append(list(words))
        if "सोम" in " ".join(words):
            raise Misread("expected ['सोम'], got ['सोमवार']")
        samples = 50_000 if len(words) == 2 else 60_000
        onsets = np.arange(len(words)) * 8_000
        return Speech(np.zeros(samples, dtype=np.float32), 16_000, onsets, onsets + 6_000)


def test_sentences_that_festival_misreads_are_left_out_and_counted() -> None:
    """The others keep their own spelling, whatever the voice is given to read."""
    festival = FakeFestival()
    lines = [("घर", "है"), ("सोम",), ("आज", "घर", "है")]
    spoken, left_out = hindi.strangers_speech(festival, lines)  # type: ignore[arg-type]  # a fake
    assert left_out == 1
    assert sorted(item.words for item in spoken) == [("आज", "घर", "है"), ("घर", "है")]
    assert ["घर्", "है"] in festival.spoken


@pytest.mark.parametrize("festival", [True, False])
def test_hindi_figures(monkeypatch: pytest.MonkeyPatch, *, festival: bool) -> None:
    """Held-out voices clean and degraded; the stranger's only where it is asked for."""
    strange = [utterance(50_000, "घर", "है"), utterance(60_000, "आज", "घर", "है")]
    monkeypatch.setattr(hindi, "held_out_speech", lambda _language, _lines: SAID)
    monkeypatch.setattr(hindi, "degraded", lambda items: items[:1])
    monkeypatch.setattr(hindi, "Festival", FakeFestival)
    split = Split(Phrases([], []), (("घर", "है"), ("सोम",), ("आज", "घर", "है")))
    # One letter with its nukta is two characters apart from the plain one: घर 2, घड़ 3.
    listener = Planted([*SAID, *strange], {"घर": "घ\u095c"}, (0.02, -0.04))
    figures = hindi.evaluate_hindi(listener, split, festival=festival)
    onsets = {
        "words": 4,
        "unplaced": 0,
        "median_ms": 20.0,
        "p90_ms": 34.0,
        "signed_median_ms": 20.0,
    }
    offsets = onsets | {"signed_median_ms": -20.0}
    assert figures["synthetic"] == {
        "utterances": 2,
        "cer": 0.4,
        "onsets": onsets,
        "offsets": offsets,
    }
    assert figures["synthetic_degraded"]["utterances"] == 1
    assert figures["synthetic_degraded"]["cer"] == 0.25
    assert ("stranger" in figures) == festival
    if festival:
        assert figures["stranger"]["utterances"] == 2
        assert figures["stranger"]["left_out"] == 1
        assert figures["stranger"]["onsets"]["words"] == 5
        assert figures["stranger"]["offsets"]["words"] == 5


def test_spellings_of_one_letter_are_no_errors() -> None:
    """Both sides of the Hindi CER are normalised."""
    hearing = Hearing(("ल\u0921\u093cका",), ("ल\u095cका",), (0.0,))
    assert hindi.Quality.of(hearing).cer == 0.0


@pytest.mark.parametrize(
    ("one", "other"),
    [("טוב", "תוב"), ("קול", "כול"), ("חרש", "כרש"), ("ויד", "ביד"), ("סוס", "שוש"), ("ים", "ימ")],
)
def test_letters_that_sound_alike_are_folded(one: str, other: str) -> None:
    """One letter a sound."""
    assert folded(one) == folded(other)


def test_silent_letters_and_spaces_are_left_out() -> None:
    """Alef, he, ayin and spaces are not heard; other letters stay apart."""
    assert folded("הארץ עולה") == folded("רצ בל")
    assert folded("בגד") != folded("דגב")


def test_hebrew_has_two_error_rates() -> None:
    """Of what is written, and of what can be heard."""
    quality = HebrewQuality.of(Hearing(("טוב",), ("תוב",), (0.01,)))
    assert asdict(quality) == {
        "utterances": 1,
        "cer": 0.3333,
        "folded_cer": 0.0,
        "onsets": {
            "words": 1,
            "unplaced": 0,
            "median_ms": 10.0,
            "p90_ms": 10.0,
            "signed_median_ms": 10.0,
        },
        "offsets": None,
    }


def test_words_with_wrong_labels_are_not_trusted() -> None:
    """Runs are of words that agree with the pointed text but for vowel letters."""
    recording = Recording(
        Path("x.mp3"), ("אלוהים", "שגיאה", "הארץ"), (0.0, 1.0, 2.0), ("אֱלֹהִים", "אֵת", "הָאָרֶץ")
    )
    assert skeleton("אלוהים") == skeleton("אֱלֹהִים")
    assert matching_runs(recording) == [(0, 0, 1), (2, 2, 1)]


def test_an_onset_in_a_pause_is_told_from_one_in_speech() -> None:
    """What counts is the level right after the onset."""
    waveform = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)
    waveform[8_000:16_000] /= 1000
    audio = Audio(waveform, 16_000, 2.0)
    assert in_pause(audio, 0.6)
    assert not in_pause(audio, 0.95)
    assert not in_pause(audio, 1.5)
