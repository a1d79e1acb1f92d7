"""A stranger's voice says exactly the given words, with the time of each, or is refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from export.demo.speech.festival import Festival, FestivalError, Misread

WORDS = ["आज्", "बारिश्", "हो", "रही", "है"]


@pytest.fixture(scope="module")
def festival() -> Festival:
    return Festival()


def test_every_word_has_an_onset_and_an_end(festival: Festival) -> None:
    """Nothing is heard before the first onset, speech after it, and onsets grow."""
    speech = festival.speak(WORDS)
    assert speech.sample_rate == 16_000
    assert len(speech.onsets) == len(WORDS)
    assert (np.diff(speech.onsets) > 0.05 * speech.sample_rate).all()
    assert speech.onsets[-1] < speech.ends[-1] <= len(speech.waveform)
    np.testing.assert_allclose(speech.ends[:-1], speech.onsets[1:], atol=2)  # it makes no pause
    first, around = speech.onsets[0], int(0.1 * speech.sample_rate)
    before = speech.waveform[first - around : first]
    after = speech.waveform[first : first + around]
    assert np.mean(after**2) > 30 * np.mean(before**2)


@pytest.mark.parametrize("word", ["सोम", "abc", "ल\u0921\u093cका", "१०", "वृद्\u200dधि", '"'])
def test_a_word_that_is_said_otherwise_is_refused(festival: Festival, word: str) -> None:
    """An abbreviation, foreign letters, a lone nukta, a number, a joiner: never a wrong label."""
    with pytest.raises(Misread, match="expected"):
        festival.speak(["यह", word, "है"])


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the packages that hold it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FestivalError, match="apt-get install festival festival-hi festvox-hi-nsk"):
        Festival()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Puts a shell script in Festival's place."""

    def put(script: str) -> None:
        program = tmp_path / "festival"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return put


def test_a_missing_voice_is_named(stand_in: Callable[[str], None]) -> None:
    """The program alone is not enough, and what it says of it is passed on."""
    stand_in("echo 'SIOD ERROR: could not open file hindi_phones.scm' >&2; exit 255")
    with pytest.raises(FestivalError, match=r"festvox-hi-nsk.*hindi_phones"):
        Festival()
