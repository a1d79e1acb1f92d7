"""What is told of a text while it is heard is the beginning of that text."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from bundles import (
    BLANK_ID,
    TOKENS,
    Opener,
    PlantedModel,
    conformer_bundle,
    path_of,
    pieces,
    planted_bundle,
    two_languages,
)
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from service.audio import Audio, decode_file
from service.bundle import open_bundle
from service.ctc import greedy_decode
from service.dictation import Dictation
from service.recognizer import Recognizer
from service.serving import dispatch
from service.serving.emission_cache import EmissionCache
from service.serving.recording import Keeping, Recording
from service.spans import FrameClock
from service.text.vocabulary import Vocabulary, vocabulary_of
from service.words import heard_tokens, heard_words

RATE = 16_000  # Hz
STRIDE = 320  # samples


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(planted_bundle(tmp_path_factory.mktemp("letters")))


@pytest.fixture(scope="module")
def syllables(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(conformer_bundle(tmp_path_factory.mktemp("syllables")))


def log_probs_of(path: list[int], width: int) -> NDArray[np.float32]:
    rows = np.full((len(path), width), -9, dtype=np.float32)
    rows[np.arange(len(path)), path] = -0.1
    return rows


def text_of(log_probs: NDArray[np.float32], vocabulary: Vocabulary) -> str:
    spans = greedy_decode(log_probs, vocabulary.blank_id)
    clock = FrameClock(STRIDE, RATE, len(log_probs) * STRIDE / RATE)
    words = heard_words(spans, vocabulary, clock, np.zeros(0, dtype=np.float32))
    return " ".join(word.word for word in words)


def check(path: list[int], cuts: list[int], width: int, vocabulary: Vocabulary) -> None:
    """Told in any parts, each piece begins a word, and ends one that is whole; the tokens, joined,
    are the text.
    """
    log_probs = log_probs_of(path, width)
    told: list[str] = []
    dictation = Dictation(vocabulary, told.append)
    whole = text_of(log_probs, vocabulary)
    edges = [0, *sorted(min(cut, len(path)) for cut in cuts), len(path)]
    for first, end in itertools.pairwise(edges):
        dictation.hear(log_probs[first:end])
        so_far = "".join(told)
        assert whole.startswith(so_far)
        assert so_far.split() == whole.split()[: len(so_far.split())]
    pieces = heard_tokens(greedy_decode(log_probs, vocabulary.blank_id), vocabulary)
    assert "".join(piece.text for piece in pieces) == whole
    assert all(0 < piece.score <= 1 and piece.text for piece in pieces)
    left = len(whole.split()) - len("".join(told).split())
    assert 0 <= left <= 1, "all but the last word is told in the end"


@given(
    path=st.lists(st.integers(0, len(TOKENS) - 1) | st.sampled_from(path_of("_|אב?")), max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_letters_are_told_as_the_words_that_they_become(
    path: list[int], cuts: list[int], letters: Vocabulary
) -> None:
    """However the frames are divided: repeats, blanks, delimiters and special tokens at cuts."""
    check(path, cuts, len(TOKENS), letters)


@given(data=st.data(), cuts=st.lists(st.integers(0, 40), max_size=6))
def test_pieces_are_told_as_the_words_that_they_become(
    data: st.DataObject, cuts: list[int], syllables: Vocabulary
) -> None:
    """Pieces that begin words, that go on with them, marks alone, unknowns and blanks."""
    path = data.draw(st.lists(st.integers(0, len(pieces())), max_size=40))
    check(path, cuts, len(pieces()) + 1, syllables)


def test_a_word_is_told_as_soon_as_it_is_over(letters: Vocabulary) -> None:
    """A delimiter ends it, before any letter of the next; a blank does not."""
    told: list[str] = []
    dictation = Dictation(letters, told.append)
    for frame, expected in zip("אב_|_ג|", ["", "", "", "אב", "אב", "אב", "אב ג"], strict=True):
        dictation.hear(log_probs_of(path_of(frame), len(TOKENS)))
        assert "".join(told) == expected


def pieces_told(shortlist_of: Path, recording: Recording) -> tuple[list[str], str, bool]:
    models = {"hebrew": PlantedModel(path_of("_שלום|עולם_")), "hindi": PlantedModel([BLANK_ID])}
    shortlist = two_languages(shortlist_of, Opener(models)).shortlist("hebrew")
    told: list[str] = []
    answer = dispatch.transcribe(shortlist, recording, on_text=told.append)
    return told, answer.result.text, answer.cached


def test_a_kept_recording_is_told_at_once(tmp_path: Path) -> None:
    """The first request tells word by word, the second all of it from the cache: the same text."""
    samples = len(path_of("_שלום|עולם_")) * STRIDE
    waveform = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    keeping = Keeping(EmissionCache(1 << 20), lambda: "content", 60.0)
    found = [
        pieces_told(
            tmp_path / str(turn),
            Recording(lambda rate: Audio(waveform, rate, samples / rate), keeping),
        )
        for turn in range(2)
    ]
    assert found == [
        (["שלום", " עולם"], "שלום עולם", False),
        (["שלום עולם"], "שלום עולם", True),
    ]


def test_silence_tells_nothing(tmp_path: Path) -> None:
    """No piece of an empty text, not even an empty one."""
    silence = Recording(lambda rate: Audio(np.zeros(rate, dtype=np.float32), rate, 1.0))
    assert pieces_told(tmp_path, silence) == ([], "", False)


@pytest.mark.parametrize("language", ["he", "hi"])
def test_the_embedded_models_tell_their_transcripts(root: Path, language: str) -> None:
    """Real speech, longer than a window: all but the last word comes while it is heard."""
    recognizer = Recognizer.load(open_bundle(root / f"models/{language}-demo"))
    clips = [
        decode_file(root / f"examples/{language}-{index}.wav", RATE, 60.0).waveform[:]
        for index in (1, 2, 3, 1, 2, 3)
    ]
    waveform = np.concatenate(clips)
    audio = Audio(waveform, RATE, len(waveform) / RATE)
    told: list[str] = []
    text = recognizer.read(recognizer.listen(audio, on_text=told.append)).text
    assert len(told) > 1
    assert "".join(told).split() == text.split()[:-1]
    assert text.startswith("".join(told))
