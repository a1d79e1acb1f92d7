"""From planted logits to words: what is said, where, and what cannot be said."""

from pathlib import Path

import numpy as np
import pytest
from bundles import (
    PIECE_STRIDE,
    RATE,
    STRIDE,
    PlantedModel,
    conformer_bundle,
    path_of,
    path_of_pieces,
    pieces,
    planted_bundle,
)

from service.audio import Audio
from service.errors import EmptyTranscript, NoSpeech, NothingToAlign, TranscriptTooLong
from service.recognizer import AlignOptions, Recognizer

FRAME_SEC = STRIDE / RATE


def recognizer(folder: Path, spelled: str) -> Recognizer:
    return Recognizer(planted_bundle(folder), PlantedModel(path_of(spelled)))


def conformer(folder: Path, *spoken: str) -> Recognizer:
    model = PlantedModel(path_of_pieces(*spoken), width=len(pieces()) + 1)
    return Recognizer(conformer_bundle(folder), model)


def noise(seconds: float) -> Audio:
    samples = max(1, round(seconds * RATE))
    waveform = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    return Audio(waveform, RATE, samples / RATE)


def test_a_transcript_has_words_with_times(tmp_path: Path) -> None:
    """Letters between delimiters are words; a word starts at its first letter's frame."""
    path = "__שלוו_ם__|__עעולם____"
    transcript = recognizer(tmp_path, path).transcribe(noise(len(path) * FRAME_SEC))
    assert transcript.text == "שלום עולם"
    first, second = transcript.words
    assert first.start == pytest.approx(2 * FRAME_SEC)
    assert second.start == pytest.approx(13 * FRAME_SEC)
    assert first.score == pytest.approx(1.0, abs=0.01)
    assert transcript.text[second.char_start : second.char_end] == second.word


def test_a_word_keeps_its_final_sound_but_not_its_neighbours(tmp_path: Path) -> None:
    """A word's end runs on into blanks until it falls quiet, never past the next word or the
    audio.
    """
    path = "שלום____________|עולם_"
    audio = noise(len(path) * FRAME_SEC)
    first, second = recognizer(tmp_path, path).transcribe(audio).words
    assert first.end == second.start == pytest.approx(17 * FRAME_SEC)
    assert second.end == pytest.approx(22 * FRAME_SEC)
    audio.waveform[round(0.2 * RATE) : round(0.33 * RATE)] = 0
    first, again = recognizer(tmp_path, path).align(audio, "שלום עולם").words
    assert (first.end, again.start) == (0.2, second.start)
    touching = "שלום|עולם"
    words = recognizer(tmp_path, touching).transcribe(noise(9 * FRAME_SEC)).words
    assert [word.end for word in words] == pytest.approx([5 * FRAME_SEC, 9 * FRAME_SEC])


def test_no_time_lies_past_the_audio(tmp_path: Path) -> None:
    """Frames that reach beyond the last sample are cut at its time."""
    path = "_שלום_"
    (word,) = recognizer(tmp_path, path).transcribe(noise(0.09)).words
    assert word.end == 0.09


def test_special_tokens_are_never_text(tmp_path: Path) -> None:
    """The unknown token and leading or doubled delimiters leave no trace."""
    path = "||_ש?ל||ום|_?_|"
    transcript = recognizer(tmp_path, path).transcribe(noise(1.0))
    assert transcript.text == "של ום"


def test_silence_is_an_empty_text(tmp_path: Path) -> None:
    """Silent audio is not even shown to the model."""
    silent = Audio(np.zeros(RATE, dtype=np.float32), RATE, 1.0)
    transcript = recognizer(tmp_path, "שלום").transcribe(silent)
    assert (transcript.text, transcript.words, transcript.duration_sec) == ("", (), 1.0)


def test_audio_too_short_for_a_frame_is_padded_with_a_warning(tmp_path: Path) -> None:
    """1 to 399 samples are served, and the answer says that they were padded."""
    for samples, padded in ((1, True), (399, True), (400, False)):
        transcript = recognizer(tmp_path, "_").transcribe(noise(samples / RATE))
        assert bool(transcript.warnings) is padded
        assert all("padded" in warning for warning in transcript.warnings)


def test_every_written_word_comes_back_with_its_own_spelling(tmp_path: Path) -> None:
    """Points, punctuation and maqaf stay in the word; places point into the given text."""
    path = "__שלום_|_על_|_פני_|_עולם__"
    text = "  שָׁלוֹם,  עַל־פְּנֵי\nעולם!"
    alignment = recognizer(tmp_path, path).align(noise(len(path) * FRAME_SEC), text)
    assert [word.word for word in alignment.words] == text.split()
    assert all(text[word.char_start : word.char_end] == word.word for word in alignment.words)
    assert [word.start for word in alignment.words] == pytest.approx(
        [2 * FRAME_SEC, 9 * FRAME_SEC, 20 * FRAME_SEC]
    )
    assert {word.status for word in alignment.words} == {"aligned"}


def test_what_cannot_be_spoken_is_interpolated(tmp_path: Path) -> None:
    """Foreign words, digits and dashes share the gap between their neighbours, unscored."""
    path = "__שלום____________|עולם__"
    text = "— שלום NATO EURO עולם (c)"
    alignment = recognizer(tmp_path, path).align(noise(len(path) * FRAME_SEC), text)
    words = {word.word: word for word in alignment.words}
    assert [word.word for word in alignment.words] == text.split()
    for name in ("—", "NATO", "EURO", "(c)"):
        assert (words[name].status, words[name].score) == ("interpolated", None)
    assert words["—"].start == 0
    assert words["—"].end == words["שלום"].start
    assert words["שלום"].end == pytest.approx(6 * FRAME_SEC + 0.1)  # it does not run into the gap
    assert words["NATO"].start == words["שלום"].end
    assert words["NATO"].end == words["EURO"].start
    assert words["EURO"].end == words["עולם"].start
    assert words["(c)"].end == pytest.approx(len(path) * FRAME_SEC)


def test_a_hundred_thousand_words_that_cannot_be_spoken_share_their_gap(tmp_path: Path) -> None:
    """Work grows with the text, not with its square; times stay ordered."""
    path = "__שלום____________|עולם__"
    text = "שלום " + "x " * 100_000 + "עולם"
    words = recognizer(tmp_path, path).align(noise(len(path) * FRAME_SEC), text).words
    assert len(words) == 100_002
    times = [time for word in words for time in (word.start, word.end)]
    assert times == sorted(times)


def test_presentation_forms_are_letters(tmp_path: Path) -> None:
    """Precomposed Hebrew letters align like the plain ones."""
    alignment = recognizer(tmp_path, "_שלום_").align(noise(0.12), "\ufb2aל\ufb4bם")
    assert alignment.words[0].status == "aligned"
    assert alignment.score == pytest.approx(1.0, abs=0.01)


def test_a_text_that_was_not_said_scores_low(tmp_path: Path) -> None:
    """Scores tell a matching text from another one."""
    path = "__שלום__|__עולם__"
    audio = noise(len(path) * FRAME_SEC)
    right = recognizer(tmp_path, path).align(audio, "שלום עולם")
    wrong = recognizer(tmp_path, path).align(audio, "בגד כחצ")
    assert right.score > 0.9
    assert wrong.score < 0.1


@pytest.mark.parametrize("text", ["", "  \n"])
def test_no_text_is_refused(tmp_path: Path, text: str) -> None:
    """Nothing to align is an error, not an empty answer."""
    with pytest.raises(EmptyTranscript):
        recognizer(tmp_path, "_שלום_").align(noise(0.12), text)


def test_a_text_without_a_letter_of_the_model_is_refused(tmp_path: Path) -> None:
    """The error says how many words came, and for which model."""
    with pytest.raises(NothingToAlign) as caught:
        recognizer(tmp_path, "_שלום_").align(noise(0.12), "hello OK ...")
    assert caught.value.facts == {"model": "planted", "language": "he", "words": 3}


def test_a_text_longer_than_the_audio_is_refused(tmp_path: Path) -> None:
    """T >= L + repeats, with both figures."""
    with pytest.raises(TranscriptTooLong) as caught:
        recognizer(tmp_path, "_של_").align(noise(0.085), "שללום")
    assert caught.value.facts == {"frames_needed": 6, "frames": 4, "tokens": 5}


def test_silence_cannot_be_aligned(tmp_path: Path) -> None:
    """Neither silent audio nor audio in which the model hears nothing."""
    silent = Audio(np.zeros(RATE, dtype=np.float32), RATE, 1.0)
    with pytest.raises(NoSpeech):
        recognizer(tmp_path, "_שלום_").align(silent, "שלום")
    with pytest.raises(NoSpeech):
        recognizer(tmp_path, "______").align(noise(0.12), "שלום")


def test_a_conformer_speaks_pieces_of_words(tmp_path: Path) -> None:
    """Frames of 40 ms; a word starts with the piece that begins it, and its text needs no marks."""
    path = ["_", "▁", "न", "म", "_", "▁है", "_", "_"]
    subject = conformer(tmp_path, *path)
    frame_sec = PIECE_STRIDE / RATE
    audio = noise(len(path) * frame_sec)
    transcript = subject.transcribe(audio)
    assert transcript.text == "नम है"
    text = "न\u200dम, है। OK"
    assert subject.align(audio, text).characters is None
    alignment = subject.align(audio, text, AlignOptions(with_characters=True))
    assert [word.word for word in alignment.words] == text.split()
    assert [word.status for word in alignment.words] == ["aligned", "aligned", "interpolated"]
    starts = [word.start for word in alignment.words[:2]]
    assert starts == [word.start for word in transcript.words]
    assert starts == pytest.approx([frame_sec, 5 * frame_sec])
    assert alignment.characters is not None
    assert "".join(item.char for item in alignment.characters) == "".join(text.split())
    assert alignment.score == pytest.approx(1.0, abs=0.01)


def test_a_text_without_a_piece_of_the_model_is_refused(tmp_path: Path) -> None:
    """Not even by its unknown piece, or by a comma that the model has."""
    with pytest.raises(NothingToAlign):
        conformer(tmp_path, "_", "न", "_").align(noise(0.12), "NATO, OK <unk> ▁ ।")


def test_audio_shorter_than_a_conformers_frame_is_padded(tmp_path: Path) -> None:
    """One hop makes one frame."""
    for samples, padded in ((1, True), (159, True), (160, False)):
        transcript = conformer(tmp_path, "_").transcribe(noise(samples / RATE))
        assert bool(transcript.warnings) is padded
