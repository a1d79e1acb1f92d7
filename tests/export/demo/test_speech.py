"""Speech with known onsets: from the library, through augmentation, to training batches."""

from pathlib import Path

import numpy as np
import pytest

from export.demo.hebrew.corpus import HEBREW, Split, phrases_of, split_corpus
from export.demo.hebrew.pronunciation import pronounce, unpointed
from export.demo.hindi.corpus import HINDI
from export.demo.speech import augment
from export.demo.speech.espeak import Delivery, Espeak, EspeakError, Phoneme, word_ends
from export.demo.speech.mixture import BatchPlan, Mixture, Phrases
from export.demo.speech.speaker import HELD_OUT_VOICES, VOICES, Speaker
from export.demo.speech.utterance import SAMPLE_RATE, UNKNOWN_ONSET

WORDS = ["שָׁלוֹם", "לָכֶם", "הַיּוֹם", "יוֹם", "טוֹב"]
SPOKEN = [f"[[{pronounce(word)}]]" for word in WORDS]
HINDI_WORDS = ["आज", "ल\u0921\u093cका", "क्या", "है"]


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    return Espeak()


def test_every_word_has_an_onset(espeak: Espeak) -> None:
    """Onsets begin at 0, grow, and lie within the speech."""
    speech = espeak.speak(SPOKEN, Delivery("he+f2"))
    assert len(speech.onsets) == len(WORDS)
    assert speech.onsets[0] == 0
    assert (np.diff(speech.onsets) > 0.05 * speech.sample_rate).all()
    assert speech.onsets[-1] < len(speech.waveform)


def test_a_pause_moves_the_words_that_follow(espeak: Espeak) -> None:
    """A comma makes silence, and the onset after it comes later."""
    plain = espeak.speak(SPOKEN, Delivery("he+f2"))
    paused = espeak.speak([*SPOKEN[:2], SPOKEN[2] + ",", *SPOKEN[3:]], Delivery("he+f2"))
    assert paused.onsets[3] - plain.onsets[3] > 0.1 * paused.sample_rate


def test_every_word_has_an_end(espeak: Espeak) -> None:
    """The next word's onset, or where the sound stops for a pause; the last one's is the latter."""
    speech = espeak.speak([*SPOKEN[:2], SPOKEN[2] + ",", *SPOKEN[3:]], Delivery("he+m4"))
    joined, paused = [0, 1, 3], [2, 4]
    np.testing.assert_array_equal(speech.ends[joined], speech.onsets[1:][joined])
    assert speech.ends[2] < speech.onsets[3] - 0.1 * speech.sample_rate
    assert speech.ends[4] <= len(speech.waveform)
    around = round(0.02 * speech.sample_rate)
    for end in speech.ends[paused]:
        assert np.abs(speech.waveform[end - around : end]).max() > 0.01
        assert not speech.waveform[end : end + around].any()


def test_a_words_end_is_where_the_pause_after_it_begins() -> None:
    """Pauses in a row are one; one within a word is the word's; a word that is nothing but a pause
    lasts until the next one.
    """
    marks = {0: "a", 10: "_", 20: "b", 30: "_", 35: "_", 40: "c", 60: "_", 80: "_"}
    phonemes = [Phoneme(sample, pause=mark == "_") for sample, mark in marks.items()]
    assert word_ends([0, 40, 80], phonemes, 100) == [30, 60, 100]
    assert word_ends([0], [], 7) == [7]


def test_ends_follow_the_voice_through_padding_and_rate() -> None:
    """Words stay in order and inside the sound, whatever the delivery, and after the last one's end
    nothing is heard.
    """
    speaker = Speaker(HEBREW, ["m1", "m3"])  # without an echo
    for seed in range(10):
        utterance = speaker.speak(WORDS, np.random.default_rng(seed))
        assert utterance.ends is not None
        assert (utterance.ends > utterance.onsets).all()
        assert (utterance.ends[:-1] <= utterance.onsets[1:]).all()
        after = utterance.waveform[utterance.ends[-1] + 80 :]
        assert np.abs(after).max(initial=0) < 0.01 * np.abs(utterance.waveform).max()


def test_an_unknown_voice_is_refused(espeak: Espeak) -> None:
    """The error names the voice."""
    with pytest.raises(EspeakError, match="xx-none"):
        espeak.speak(["a"], Delivery("xx-none"))


@pytest.mark.parametrize("voice", [*VOICES, *HELD_OUT_VOICES])
def test_every_voice_speaks(espeak: Espeak, voice: str) -> None:
    """All variants exist and are audible."""
    speech = espeak.speak(SPOKEN, Delivery(f"he+{voice}"))
    assert np.abs(speech.waveform).max() > 0.01


def test_recording_situations_keep_length_and_finiteness() -> None:
    """Augmentation leaves onsets where they are and samples within [-1, 1]."""
    random = np.random.default_rng(0)
    waveform = random.standard_normal(8_001).astype(np.float32)
    for _ in range(50):
        heard = augment.record(waveform, SAMPLE_RATE, random)
        assert (heard.dtype, heard.shape) == (np.float32, waveform.shape)
        assert np.abs(heard).max() <= 0.9501


def test_noise_comes_at_the_level_asked_for() -> None:
    """The ratio of powers is the SNR."""
    random = np.random.default_rng(0)
    waveform = np.sin(np.arange(32_000, dtype=np.float32))
    noise = augment.add_noise(waveform, 10.0, random) - waveform
    ratio = 10 * np.log10(np.mean(waveform**2) / np.mean(noise**2))
    assert ratio == pytest.approx(10.0, abs=0.1)


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    random = np.random.default_rng(0)
    text = Path(tmp_path_factory.mktemp("text")) / "verses.txt"
    lines = [" ".join(random.choice(WORDS, size=7)) for _ in range(1000)]
    text.write_text("\n".join(lines), encoding="utf-8")
    return split_corpus([text], None)


def test_no_held_out_wording_is_trained_on(split: Split) -> None:
    """Lines are kept apart by what they say, however often they stand in the text."""
    trained = {" ".join(map(unpointed, line)) for line in split.lines}
    apart = {" ".join(map(unpointed, line)) for line in split.held_out_lines}
    assert apart
    assert not trained & apart
    assert not set(VOICES) & set(HELD_OUT_VOICES)


def test_batches_are_functions_of_their_number(split: Split) -> None:
    """Training resumes with the batches that it would have had, up to the synthesiser's own slight
    randomness; onsets stay inside the audio.
    """
    first, again = (Mixture(Speaker(HEBREW), phrases_of(split), 1, BatchPlan()) for _ in range(2))
    for number in (0, 7):
        pair = first.batch(number), again.batch(number)
        assert abs(len(pair[0]) - len(pair[1])) <= 1  # where the last one just fits, or does not
        for one, other in zip(*pair, strict=False):
            assert one.words == other.words
            np.testing.assert_allclose(one.onsets, other.onsets, atol=0.02 * SAMPLE_RATE)
            known = one.onsets[one.onsets != UNKNOWN_ONSET]
            assert len(one.onsets) == len(one.words)
            assert ((known >= 0) & (known < len(one.waveform))).all()


def test_held_out_voices_speak_words_with_onsets(split: Split) -> None:
    """What evaluation measures against."""
    speaker = Speaker(HEBREW, HELD_OUT_VOICES)
    utterance = speaker.speak(split.held_out_lines[0], np.random.default_rng(0))
    assert len(utterance.onsets) == len(split.held_out_lines[0])


def test_plain_text_is_spoken_with_onsets() -> None:
    """Hindi needs no mnemonics, and labels are as the corpus normalises words."""
    utterance = Speaker(HINDI).speak(HINDI_WORDS, np.random.default_rng(0))
    assert utterance.words == tuple(HINDI_WORDS)
    assert (np.diff(utterance.onsets) > 0.03 * SAMPLE_RATE).all()


def test_phrases_run_on_from_line_to_line() -> None:
    """In order and around the end of the text."""
    phrases = Phrases([["a", "b", "c"], ["d"]], ["a"])
    said = {" ".join(phrases.in_order(5, np.random.default_rng(seed))) for seed in range(50)}
    assert said == {"a b c d a", "b c d a b", "c d a b c", "d a b c d"}


def test_words_are_drawn_by_weight() -> None:
    """A weight of nothing is never drawn."""
    phrases = Phrases([["a"]], ["x", "y", "z"], [0.9, 0.1, 0.0])
    drawn = phrases.shuffled(1000, np.random.default_rng(0))
    assert 850 < drawn.count("x") < 950
    assert "z" not in drawn
