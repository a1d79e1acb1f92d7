"""The example clips are the product's own, and can be made again."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from export.demo.clips import HEBREW_CLIPS, HINDI_CLIPS, Clip, spoken_hindi, write_all
from export.demo.hindi.corpus import split_words
from export.demo.speech.speaker import HELD_OUT_VOICES


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    write_all(folder, folder)
    return folder


@pytest.mark.parametrize("clip", [*HEBREW_CLIPS, *HINDI_CLIPS], ids=lambda clip: clip.name)
def test_the_clips_can_be_made_again(clip: Clip, made: Path, root: Path) -> None:
    """Texts are equal, and onsets as close as the synthesiser repeats itself."""
    text = (made / f"{clip.name}.txt").read_text(encoding="utf-8")
    assert text == (root / f"examples/{clip.name}.txt").read_text(encoding="utf-8")
    golden = f"{clip.name.partition('-')[0]}-clips.json"
    again = json.loads((made / golden).read_text())[clip.name]
    kept = json.loads((root / "tests/golden" / golden).read_text())[clip.name]
    np.testing.assert_allclose(again, kept, atol=0.05)
    waveform, rate = soundfile.read(made / f"{clip.name}.wav")
    stored, _ = soundfile.read(root / f"examples/{clip.name}.wav")
    assert rate == 16_000
    assert len(waveform) == pytest.approx(len(stored), abs=0.05 * rate)


@pytest.mark.parametrize("clip", [*HEBREW_CLIPS, *HINDI_CLIPS], ids=lambda clip: clip.name)
def test_the_stored_sound_is_where_the_onsets_say(clip: Clip, root: Path) -> None:
    """Silence, then speech at the first onset; one onset a word, growing, within the sound."""
    language = clip.name.partition("-")[0]
    onsets = json.loads((root / f"tests/golden/{language}-clips.json").read_text())[clip.name]
    text = (root / f"examples/{clip.name}.txt").read_text(encoding="utf-8")
    assert len(onsets) == len(text.split())
    assert (np.diff(onsets) > 0.1).all()
    waveform, rate = soundfile.read(root / f"examples/{clip.name}.wav")
    assert onsets[-1] + 0.2 < len(waveform) / rate
    assert np.abs(waveform).max() == pytest.approx(0.5, abs=0.01)
    assert not waveform[: int(0.29 * rate)].any()
    for onset in onsets:
        heard = waveform[int(onset * rate) : int((onset + 0.2) * rate)]
        assert np.sqrt(np.mean(heard**2)) > 0.005


@pytest.mark.parametrize("clip", [*HEBREW_CLIPS, *HINDI_CLIPS], ids=lambda clip: clip.name)
def test_no_model_was_trained_on_the_voices(clip: Clip) -> None:
    """The clips are no training data."""
    language, _, variant = clip.delivery.voice.partition("+")
    assert language == clip.name.partition("-")[0]
    assert variant in HELD_OUT_VOICES


@pytest.mark.parametrize("clip", HINDI_CLIPS, ids=lambda clip: clip.name)
def test_every_hindi_word_is_spoken_as_it_is_written(clip: Clip) -> None:
    """Seven to ten words in Devanagari, none dropped, and a pause where there is a comma."""
    assert 7 <= len(clip.sentence.split()) <= 10
    spoken = spoken_hindi(clip.sentence)
    assert split_words(" ".join(spoken)) == split_words(clip.sentence)
    pauses = [word.endswith(",") for word in spoken]
    assert pauses == [word[-1] in ",।" for word in clip.sentence.split()]


def test_the_hindi_sentences_are_in_no_corpus(root: Path) -> None:
    """They are the product's own: what they are measured on was not trained on."""
    corpus = root.parent / "shared/data/text/hi_sentences.txt"
    if not corpus.is_file():
        pytest.skip("the shared sentences are not on this machine")
    lines = [" ".join(split_words(line)) for line in corpus.read_text("utf-8").splitlines()]
    for clip in HINDI_CLIPS:
        said = " ".join(split_words(clip.sentence))
        assert not any(said in line for line in lines)
