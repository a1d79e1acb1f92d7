"""Any text at all, with the vocabularies of the embedded models."""

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.bundle import open_bundle
from service.text import speaker
from service.text.lineup import lineup
from service.text.mapping import written_text
from service.text.vocabulary import Vocabulary, vocabulary_of
from service.text.written import MAX_READINGS, WrittenText

MODELS = Path(__file__).parents[3] / "models"
LETTERS = {"he": "ש", "hi": "क"}
LANGUAGES = tuple(LETTERS)
# Scripts of so many letters that are all alike here that a few of them do.
VAST = ("CJK UNIFIED", "HANGUL SYLLABLE", "TANGUT", "CUNEIFORM", "EGYPTIAN", "ANATOLIAN", "BAMUM")


@pytest.fixture(scope="module")
def vocabularies() -> dict[str, Vocabulary]:
    return {
        language: vocabulary_of(open_bundle(MODELS / f"{language}-demo")) for language in LANGUAGES
    }


def assert_in_order(written: WrittenText, text: str) -> None:
    """What holds of every text: words, readings, segments and the lineup are in order."""
    assert [word.text for word in written.words] == text.split()
    for word in written.words:
        assert text[word.char_start : word.char_end] == word.text
        assert 1 <= len(word.readings) <= MAX_READINGS
        for reading in word.readings:
            places = [place for target in reading.targets for place in target.places]
            assert all(0 <= place < len(word.text) for place in places)
            assert bool(places) == bool(reading.targets)
            starts = [target.places[0] for target in reading.targets if target.places]
            assert starts == sorted(starts)
            assert list(reading.free) == sorted(set(reading.free))
            assert all(0 <= position <= len(reading.targets) for position in reading.free)
    assert_segments(written, text)
    assert_lineup(written)


def assert_segments(written: WrittenText, text: str) -> None:
    """Every word stands in one segment."""
    held = [range(segment.first, segment.last + 1) for segment in written.segments]
    assert [index for words in held for index in words] == list(range(len(written.words)))
    for segment in written.segments:
        assert segment.char_start == written.words[segment.first].char_start
        assert segment.char_end == written.words[segment.last].char_end
        assert segment.text == text[segment.char_start : segment.char_end]


def assert_lineup(written: WrittenText) -> None:
    """Targets are the words' own, in order, and free positions stand between them."""
    row = lineup(written)
    held = [places for places in row.places if places]
    ends = [place for places in held for place in places]
    assert ends == sorted(ends)
    assert len(row.places) == len(written.words)
    assert row.free.tolist() == sorted(set(row.free.tolist()))
    assert row.free[0] == 0
    assert row.free[-1] == len(row.targets)
    for word, places in zip(written.words, row.places, strict=True):
        first, last = places or (0, -1)
        for target in row.targets[first : last + 1]:
            assert all(word.char_start <= place < word.char_end for place in target.places)


def code_points() -> Iterator[str]:
    """All of Unicode's that are assigned, surrogates and private ones too, the vast blocks in
    part.
    """
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        category = unicodedata.category(character)
        vast = category in {"Cn", "Co", "Cs"} or unicodedata.name(character, "").startswith(VAST)
        if not vast or code % 256 == 0:
            yield character


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_point_is_a_word_without_an_exception(
    vocabularies: dict[str, Vocabulary], language: str
) -> None:
    """Each by itself."""
    text = " ".join(code_points())
    assert_in_order(written_text(text, language, vocabularies[language]), text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_point_may_stand_within_a_word(
    vocabularies: dict[str, Vocabulary], language: str
) -> None:
    """Between letters, a thousand to a word; the letters are all spoken."""
    letter = LETTERS[language]
    found = list(code_points())
    for begin in range(0, len(found), 1000):
        text = letter.join(["", *found[begin : begin + 1000], ""])
        assert_in_order(written_text(text, language, vocabularies[language]), text)


def test_a_letter_is_spoken_whatever_stands_beside_it(vocabularies: dict[str, Vocabulary]) -> None:
    """No code point takes its neighbours with it; marks may."""
    text = " ".join(
        f"ש{character}ש"
        for character in list(code_points())[::5]
        if not character.isspace() and not unicodedata.category(character).startswith("M")
    )
    for word in written_text(text, "he", vocabularies["he"]).words:
        spoken = {place for target in word.readings[0].targets for place in target.places}
        assert {0, 2} <= spoken, word.text


TRICKY = st.text(
    st.sampled_from("שלוםבה0123456789.,:/-–−%₪$₹\"'׳״()& \n־कमी।॥रुवाँ\u093c\u200d\u200fNA🙂½²\ud800")
)


@given(text=st.text(st.characters()) | TRICKY, language=st.sampled_from(LANGUAGES))
def test_any_text_is_put_in_order(
    vocabularies: dict[str, Vocabulary], text: str, language: str
) -> None:
    """Random characters, and those of numbers and punctuation in any order."""
    assert_in_order(written_text(text, language, vocabularies[language]), text)


@given(text=TRICKY, language=st.sampled_from(LANGUAGES), other=TRICKY)
def test_pronunciations_change_no_order(
    vocabularies: dict[str, Vocabulary], text: str, language: str, other: str
) -> None:
    """Whatever is pronounced, words and places stay where they are."""
    said = {"he": "נאטו", "hi": "नाटो"}[language]
    pronunciations = {"NA": said, **{word[:50]: said for word in other.split()}}
    pronunciations = {key: value for key, value in pronunciations.items() if key.isalnum()}
    vocabulary = vocabularies[language]
    assert_in_order(written_text(text, language, vocabulary, pronunciations=pronunciations), text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "word",
    [
        "7" * 10_000,
        "1a" * 5_000,
        "1." * 5_000,
        "1-" * 5_000,
        "1,000," * 2_000,
        "5%-" * 3_000,
        "12/12/2020x" * 900,
        "-" * 10_000,
        '"' * 10_000,
        "(" * 5_000 + "1",
        "א-" * 5_000,
        "ש" + "\u05b0" * 10_000,
        "क" + "\u093c" * 10_000,
        "🙂" * 10_000,
        "₪" * 10_000,
    ],
    ids=lambda word: word[:12],
)
def test_long_words_have_no_more_targets_than_their_length_explains(
    vocabularies: dict[str, Vocabulary], language: str, word: str
) -> None:
    """Absurd words are read once, in pieces, or not at all; a heap of marks is no speech."""
    written = written_text(word, language, vocabularies[language])
    assert_in_order(written, word)
    assert sum(len(reading.targets) for reading in written.words[0].readings) <= 10 * len(word)


@pytest.mark.parametrize(("digits", "spoken"), [(40, True), (41, False)])
def test_digits_that_nobody_reads_are_free(
    vocabularies: dict[str, Vocabulary], digits: int, spoken: bool
) -> None:
    """Up to forty are read one by one; more are a position without targets."""
    (word,) = written_text("7" * digits, "he", vocabularies["he"]).words
    reading = word.readings[0]
    assert bool(reading.targets) == spoken
    assert reading.text == (" ".join(["שבע"] * digits) if spoken else "7" * digits)
    assert reading.free == (() if spoken else (0,))


def test_a_book_of_numbers_is_read_as_best_guessed(
    vocabularies: dict[str, Vocabulary], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other readings end where they would fill the memory; every number keeps its first."""
    monkeypatch.setattr(speaker, "MAX_ALTERNATIVES", 2_000)
    text = " ".join(str(number) for number in range(100_000, 100_100))
    words = written_text(text, "he", vocabularies["he"]).words
    others = [reading for word in words for reading in word.readings[1:]]
    longest = max(len(reading.targets) for reading in others) * MAX_READINGS
    assert sum(len(reading.targets) for reading in others) <= 2_000 + longest
    assert len(words[0].readings) > 1 == len(words[-1].readings)
    assert all(word.readings[0].targets for word in words)
