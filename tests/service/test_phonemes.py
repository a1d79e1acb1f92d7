"""Phonemes of a model that hears them: their times, and what is transcribed and aligned in them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from bundles import (
    PHONEMES,
    RATE,
    STRIDE,
    TOKENS,
    PlantedModel,
    path_of_phonemes,
    phoneme_bundle,
    planted_bundle,
)
from hypothesis import given
from hypothesis import strategies as st
from placements import placement_of, steady

from service.audio import Audio
from service.errors import NothingToAlign
from service.phonemes import placed_phonemes
from service.placing.placed import placed_words
from service.recognizer import AlignOptions, Recognizer
from service.spans import Alignment, Character, FrameClock, TokenSpan, Word
from service.text.lineup import lineup
from service.text.mapping import written_text
from service.text.vocabulary import Vocabulary, vocabulary_of

FRAME_SEC = STRIDE / RATE  # 20 ms
EVERYTHING = AlignOptions(gaps="none", with_characters=True)


@pytest.fixture(scope="module")
def vocabularies(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Vocabulary]:
    """By whether a token stands between words."""
    folder = Path(tmp_path_factory.mktemp("phonemes"))
    return {
        delimiter: vocabulary_of(phoneme_bundle(folder / str(delimiter), delimiter=delimiter))
        for delimiter in (False, True)
    }


def recognizer(folder: Path, spelled: str, *, delimiter: bool = False) -> Recognizer:
    model = PlantedModel(path_of_phonemes(spelled), width=len(PHONEMES) + 3)
    return Recognizer(phoneme_bundle(folder, delimiter=delimiter), model)


def noise(frames: int) -> Audio:
    samples = round(frames * STRIDE)
    waveform = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    return Audio(waveform, RATE, samples / RATE)


def aligned(recognizer: Recognizer, text: str, frames: int, **said: str) -> Alignment:
    options = AlignOptions(gaps="none", with_characters=True, pronunciations=said)
    return recognizer.align(noise(frames), text, options)


def placed(
    text: str, vocabulary: Vocabulary, lengths: Sequence[int], gap: int, without: set[int]
) -> tuple[tuple[Word, ...], tuple[Character, ...], list[int]]:
    """Words, phonemes, and how many targets each word has that are no separators."""
    written = written_text(text, "en", vocabulary)
    line = lineup(written, gaps="none", without=without)
    spans, frame = [], 0
    for index, target in enumerate(line.targets):
        end = frame + lengths[index % len(lengths)]
        spans.append(TokenSpan(target.token, frame, end, 0.9 - 0.1 * (index % 3)))
        frame = end + gap
    clock = FrameClock(STRIDE, RATE, max(1, frame) * FRAME_SEC)
    found = placement_of(line, spans, missing=frozenset(without))
    words = placed_words(written, found, clock, steady(clock))
    readings = [word.readings[0] for word in written.words]
    counts = [sum(bool(target.places) for target in reading.targets) for reading in readings]
    return words, placed_phonemes(line, words, spans, clock, readings, vocabulary), counts


@given(
    text=st.lists(st.text(st.sampled_from([*"tʃaɪɔːɹɡnˈ-x,"]), min_size=1), max_size=6),
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=7),
    gap=st.integers(0, 4),
    delimiter=st.booleans(),
    missing=st.sets(st.integers(0, 5)),
)
def test_phonemes_are_ordered_within_their_words(
    vocabularies: dict[bool, Vocabulary],
    text: list[str],
    lengths: list[int],
    gap: int,
    delimiter: bool,
    missing: set[int],
) -> None:
    """One a token; each begins where the last ended, the first and the last with their word, and
    one of a word that was not said has no time.
    """
    without = {index for index in missing if index < len(text)}
    words, phonemes, counts = placed(" ".join(text), vocabularies[delimiter], lengths, gap, without)
    assert len(phonemes) == sum(counts)
    remaining = iter(phonemes)
    for word, count in zip(words, counts, strict=True):
        held = [next(remaining) for _ in range(count)]
        assert all(item.status == word.status for item in held)
        assert all(word.char_start <= item.char_start < word.char_end for item in held)
        if word.status == "not_found":
            assert {(item.start, item.end, item.score) for item in held} <= {(None, None, None)}
        elif held:
            edges = [*(item.start for item in held), word.end]
            assert edges == sorted(edges)
            assert edges[0] == word.start
            assert edges[1:] == [item.end for item in held]
            assert all(item.score in (0.9, 0.8, 0.7) for item in held)


def test_a_transcript_of_phonemes_without_words_has_spaces(tmp_path: Path) -> None:
    """Each phoneme is a word with its time, as nothing tells where words begin."""
    path = "_ tʃ tʃ _ aɪ n _"
    transcript = recognizer(tmp_path, path).transcribe(noise(7))
    assert transcript.text == "tʃ aɪ n"
    starts = [word.start for word in transcript.words]
    assert starts == pytest.approx([1 * FRAME_SEC, 4 * FRAME_SEC, 5 * FRAME_SEC])


def test_a_transcript_of_phonemes_with_words_joins_them(tmp_path: Path) -> None:
    """As the alphabet is written: a space between words alone."""
    path = "_ tʃ aɪ | n ɔːɹ _"
    transcript = recognizer(tmp_path, path, delimiter=True).transcribe(noise(7))
    assert transcript.text == "tʃaɪ nɔːɹ"


@pytest.mark.parametrize("delimiter", [False, True])
def test_what_was_transcribed_can_be_aligned(tmp_path: Path, delimiter: bool) -> None:
    """A transcript is a text in phonemes: every word is found where it was heard."""
    path = "_ tʃ aɪ | n ɔːɹ _ a" if delimiter else "_ tʃ aɪ _ n ɔːɹ _ a"
    model = recognizer(tmp_path, path, delimiter=delimiter)
    heard = model.transcribe(noise(8))
    answer = model.align(noise(8), heard.text, EVERYTHING)
    assert [(word.word, word.start) for word in answer.words] == [
        (word.word, word.start) for word in heard.words
    ]
    assert answer.characters is not None
    assert [item.char for item in answer.characters] == ["tʃ", "aɪ", "n", "ɔːɹ", "a"]


def test_the_characters_of_a_text_in_phonemes_are_these(tmp_path: Path) -> None:
    """At the first of their letters; stress has none. A phoneme lasts until the next."""
    path = "_ tʃ _ aɪ n _ ɔːɹ ɡ _ _"
    answer = aligned(recognizer(tmp_path, path), "ˈtʃaɪn ɔːɹg", 10)
    assert [(word.word, word.status) for word in answer.words] == [
        ("ˈtʃaɪn", "aligned"),
        ("ɔːɹg", "aligned"),
    ]
    assert answer.characters is not None
    assert [(item.char, item.char_start, item.start) for item in answer.characters] == [
        ("tʃ", 1, pytest.approx(1 * FRAME_SEC)),
        ("aɪ", 3, pytest.approx(3 * FRAME_SEC)),
        ("n", 5, pytest.approx(4 * FRAME_SEC)),
        ("ɔːɹ", 7, pytest.approx(6 * FRAME_SEC)),
        ("ɡ", 10, pytest.approx(7 * FRAME_SEC)),
    ]


def test_words_may_be_given_with_pronunciations(tmp_path: Path) -> None:
    """Their phonemes all stand at the word's beginning; a word without any has none."""
    path = "_ tʃ aɪ n _ ɔːɹ _"
    answer = aligned(recognizer(tmp_path, path), "Ψ CHINE ORE", 7, CHINE="tʃaɪn", ORE="ɔːɹ")
    assert [word.status for word in answer.words] == ["interpolated", "aligned", "aligned"]
    assert answer.characters is not None
    assert [(item.char, item.char_start) for item in answer.characters] == [
        ("tʃ", 2),
        ("aɪ", 2),
        ("n", 2),
        ("ɔːɹ", 8),
    ]
    assert answer.characters[0].start == pytest.approx(1 * FRAME_SEC)


def test_a_text_in_letters_has_nothing_to_align(tmp_path: Path) -> None:
    """The error names phonemes."""
    with pytest.raises(NothingToAlign, match="expected a text in the phonemes of model planted"):
        aligned(recognizer(tmp_path, "_ a _"), "שלום", 3)


def test_a_model_of_letters_answers_characters(tmp_path: Path) -> None:
    """Every character of the text, whether it is spoken or not."""
    path = [TOKENS.index(letter) for letter in ("[PAD]", *"שלום", "[PAD]")]
    model = Recognizer(planted_bundle(tmp_path), PlantedModel(path))
    answer = aligned(model, "שָׁלוֹם!", 6)
    assert answer.characters is not None
    assert "".join(item.char for item in answer.characters) == "שָׁלוֹם!"
