"""The published figures are computed as they are described."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from export.demo.clips import CLIPS, write_clips
from export.demo.corpus import Recording, matching_runs, skeleton
from export.demo.evaluate import OnsetErrors, _quality, folded, in_pause
from service.audio import Audio


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


def test_error_rates_are_edits_over_all_characters() -> None:
    """Long utterances weigh more than short ones."""
    quality = _quality(["אבגד", "אב"], ["אבגד", "גד"], [0.0])
    assert quality.cer == pytest.approx(2 / 6, abs=1e-4)


def test_onset_errors_are_absolute_and_in_milliseconds() -> None:
    """Early and late weigh the same."""
    errors = OnsetErrors.of([-0.010, 0.010, 0.010, 0.100])
    assert (errors.words, errors.median_ms) == (4, 10.0)
    assert errors.p90_ms == pytest.approx(73.0)


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


def test_the_example_clips_can_be_made_again(tmp_path: Path, root: Path) -> None:
    """Texts are equal, and onsets as close as the synthesiser repeats itself."""
    write_clips(tmp_path, tmp_path / "onsets.json")
    again = json.loads((tmp_path / "onsets.json").read_text())
    kept = json.loads((root / "tests/golden/he-clips.json").read_text())
    for clip in CLIPS:
        text = (tmp_path / f"{clip.name}.txt").read_text(encoding="utf-8")
        assert text == (root / f"examples/{clip.name}.txt").read_text(encoding="utf-8")
        np.testing.assert_allclose(again[clip.name], kept[clip.name], atol=0.05)
        made, rate = soundfile.read(tmp_path / f"{clip.name}.wav")
        stored, _ = soundfile.read(root / f"examples/{clip.name}.wav")
        assert rate == 16_000
        assert len(made) == pytest.approx(len(stored), abs=0.05 * rate)
