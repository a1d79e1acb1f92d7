"""Any text: no exception, no word lost, and every place maps back."""

from pathlib import Path

import pytest
from bundles import DELIMITER_ID, TOKENS, planted_bundle
from hypothesis import given
from hypothesis import strategies as st

from service.text.hebrew import spell
from service.text.mapping import written_text
from service.text.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    bundle = planted_bundle(Path(tmp_path_factory.mktemp("bundle")))
    return Vocabulary(bundle.tokens, bundle.manifest)


def spelled(text: str, vocabulary: Vocabulary) -> str:
    return "".join(TOKENS[token] for token in written_text(text, "he", vocabulary).targets)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("שלום עולם", "שלום|עולם"),
        ("שָׁלוֹם", "שלום"),  # points
        ("בְּרֵאשִׁ֖ית בָּרָ֣א", "בראשית|ברא"),  # cantillation
        ("עַל־פְּנֵי", "על|פני"),  # maqaf
        ('צה"ל', "צהל"),
        ("צה״ל ג׳ירפה", "צהל|גירפה"),  # gershayim, geresh
        ("\ufb2a\ufb35\ufb4b", "שוו"),  # presentation forms
        ("־שלום־", "שלום"),
        ("a שלום b", "שלום"),
        ("«שלום», (עולם)!", "שלום|עולם"),
    ],
)
def test_hebrew_is_spelled_with_its_letters(
    text: str, expected: str, vocabulary: Vocabulary
) -> None:
    """Marks go, letters stay, a maqaf parts words."""
    assert spelled(text, vocabulary) == expected


@given(st.text())
def test_any_text_keeps_its_words_and_places(vocabulary: Vocabulary, text: str) -> None:
    """Every whitespace-separated word comes back, its targets are letters in order."""
    written = written_text(text, "he", vocabulary)
    assert [word.text for word in written.words] == text.split()
    place = 0
    for word in written.words:
        assert text[word.char_start : word.char_end] == word.text
        if word.first is not None and word.last is not None:
            assert place <= word.first <= word.last
            assert written.targets[word.first] != DELIMITER_ID
            assert written.targets[word.last] != DELIMITER_ID
            place = word.last + 1
    assert place == len(written.targets)


@given(st.characters())
def test_a_character_spells_no_combining_marks(character: str) -> None:
    """Normalisation never raises and never leaves a point behind."""
    assert all(char not in "\u05b0\u05b8\u05bc" for char in spell(character))


def test_case_follows_the_vocabulary(vocabulary: Vocabulary) -> None:
    """A character is looked up as it is, then in lower and in upper case."""
    assert vocabulary.id_of("א") == TOKENS.index("א")
    assert vocabulary.id_of("|") is None
    assert vocabulary.id_of("") is None
