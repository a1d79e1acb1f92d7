"""Phonemes are spelled by the longest that there is, and read as they are."""

import re
from pathlib import Path

import pytest
from bundles import PHONEMES, phoneme_bundle
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidField
from service.text.mapping import written_text
from service.text.vocabulary import TokenText, Vocabulary, vocabulary_of
from service.text.written import Reading

LONGEST_FIRST = sorted(PHONEMES, key=len, reverse=True)
SILENT = "ˈˌːʰ.'"  # none is a phoneme of its own


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    """Nothing stands between words."""
    return vocabulary_of(phoneme_bundle(Path(tmp_path_factory.mktemp("joined"))))


@pytest.fixture(scope="module")
def parted(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    """A token stands between words."""
    folder = Path(tmp_path_factory.mktemp("parted"))
    return vocabulary_of(phoneme_bundle(folder, delimiter=True))


def spelled(letters: str, vocabulary: Vocabulary) -> list[tuple[str, tuple[int, ...]]]:
    return [(PHONEMES[token], spoken) for token, spoken in vocabulary.spell(letters)]


def names(reading: Reading) -> list[str]:
    return [(*PHONEMES, "|")[target.token] for target in reading.targets]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("tʃaɪ", [("tʃ", (0, 1)), ("aɪ", (2, 3))]),
        ("tatʃ", [("t", (0,)), ("a", (1,)), ("tʃ", (2, 3))]),
        ("ɔːɹɔːɔ", [("ɔːɹ", (0, 1, 2)), ("ɔː", (3, 4)), ("ɔ", (5,))]),
        ("ˈtʃaː", [("tʃ", (1, 2)), ("a", (3,))]),  # stress and length without a token
        ("tˈʃ", [("t", (0,)), ("ʃ", (2,))]),  # a syllable's edge parts phonemes
        ("t\u0361ʃa", [("tʃ", (0, 1, 2)), ("a", (3,))]),  # a tie
        ("ɔː\u0361ɹn", [("ɔːɹ", (0, 1, 2, 3)), ("n", (4,))]),
        ("gn", [("ɡ", (0,)), ("n", (1,))]),  # the g of keyboards
        ("n\u0329\u00e7", [("n̩", (0, 1)), ("ç", (2,))]),  # marks, in either normal form
        ("c\u0327ã", [("ç", (0, 1)), ("a", (2,))]),  # a mark without a token
        ("xʙ\u0303n", [("n", (3,))]),  # letters without one, with their marks
        ("|", []),
        ("[UNK]", []),
        ("", []),
    ],
)
def test_the_longest_phoneme_is_taken(
    joined: Vocabulary,
    parted: Vocabulary,
    letters: str,
    expected: list[tuple[str, tuple[int, ...]]],
) -> None:
    """Each letter at its place; what has no token is left out."""
    assert spelled(letters, joined) == spelled(letters, parted) == expected


@given(st.lists(st.sampled_from([*PHONEMES, *SILENT]), max_size=12).map("".join))
def test_spelling_is_that_of_an_ordered_search(joined: Vocabulary, letters: str) -> None:
    """A regular expression of all phonemes, longest first, finds the same ones in the same
    places.
    """
    found = re.finditer("|".join(map(re.escape, LONGEST_FIRST)), letters)
    expected = [(match.group(), tuple(range(*match.span()))) for match in found]
    assert spelled(letters, joined) == expected


@given(letters=st.text(st.sampled_from("tʃaɪɔːɹɡnçˈ͡|̩ \u0303") | st.characters()))
def test_any_text_is_spelled_in_order(joined: Vocabulary, letters: str) -> None:
    """Whatever it is: places ascend, and no letter but a decomposed one is two tokens'."""
    places = [place for _, spoken in joined.spell(letters) for place in spoken]
    assert places == sorted(places)
    assert all(0 <= place < len(letters) for place in places)
    written = written_text(letters, "en", joined)
    assert [word.text for word in written.words] == letters.split()


def test_phonemes_are_read(joined: Vocabulary, parted: Vocabulary) -> None:
    """Words of their own where nothing stands between words; blank and unknown are no text."""
    delimiter, unknown, blank = (len(PHONEMES) + index for index in range(3))
    assert (joined.separator_id, parted.separator_id) == (None, delimiter)
    assert (joined.units, parted.units) == ("phonemes", "phonemes")
    assert joined.read(2) == TokenText("tʃ", begins_word=True)
    assert parted.read(2) == TokenText("tʃ", begins_word=False)
    assert parted.read(delimiter) == TokenText("", begins_word=True)
    for vocabulary in (joined, parted):
        assert [vocabulary.read(token) for token in (unknown, blank)] == [None, None]
    assert joined.read(delimiter) is None


@pytest.mark.parametrize("language", ["he", "hi", "en"])
def test_a_text_in_phonemes_is_not_read_aloud(parted: Vocabulary, language: str) -> None:
    """No number is said in words, and no language changes a letter; a dash parts words."""
    (first, number) = written_text("/aɪ-ˈtʃɪn/, 20", language, parted).words
    (reading,) = first.readings
    assert names(reading) == ["aɪ", "|", "tʃ", "ɪ", "n"]
    assert [target.places for target in reading.targets] == [(1, 2), (), (5, 6), (7,), (8,)]
    assert number.readings == (Reading("20", (), (0,)),)


def test_a_word_may_come_with_its_phonemes(joined: Vocabulary, parted: Vocabulary) -> None:
    """They stand for the whole of it, without its brackets; a space in them parts words where the
    model has a token for that.
    """

    def read(vocabulary: Vocabulary) -> Reading:
        said = {"שלום": "tʃaɪ nɔːɹ"}
        (word,) = written_text("(שלום)", "he", vocabulary, pronunciations=said).words
        return word.readings[0]

    assert names(read(joined)) == ["tʃ", "aɪ", "n", "ɔːɹ"]
    assert {target.places for target in read(joined).targets} == {(1, 2, 3, 4)}
    assert names(read(parted)) == ["tʃ", "aɪ", "|", "n", "ɔːɹ"]


def test_a_pronunciation_without_phonemes_is_refused(joined: Vocabulary) -> None:
    """It names what was expected."""
    with pytest.raises(InvalidField, match="in the model's phonemes, got 'שלום'"):
        written_text("NATO", "en", joined, pronunciations={"NATO": "שלום"})
