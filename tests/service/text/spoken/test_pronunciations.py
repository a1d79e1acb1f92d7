"""Words that are said as the client says."""

from pathlib import Path

import pytest
from bundles import planted_bundle

from service.errors import InvalidField
from service.text.mapping import written_text
from service.text.spoken.pronunciations import MAX_PRONUNCIATIONS, MAX_SAID, MAX_WRITTEN
from service.text.vocabulary import Vocabulary, vocabulary_of
from service.text.written import WrittenWord


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(planted_bundle(Path(tmp_path_factory.mktemp("bundle"))))


def word(text: str, vocabulary: Vocabulary, **said: str) -> WrittenWord:
    (found,) = written_text(text, "he", vocabulary, pronunciations=said).words
    return found


@pytest.mark.parametrize(
    ("text", "said", "places"),
    [
        ("NATO", "נאטו", (0, 1, 2, 3)),
        ("nato", "נאטו", (0, 1, 2, 3)),
        ('"NATO",', "נאטו", (1, 2, 3, 4)),
        ("ה-NATO", "הנאטו", (2, 3, 4, 5)),
        ("ה־NATO.", "הנאטו", (2, 3, 4, 5)),
        ("בNATO", "בנאטו", (1, 2, 3, 4)),
        ("\u200fNATO\u200f", "נאטו", (1, 2, 3, 4)),
        ("ארצות-NATO", "ארצות נאטו", (6, 7, 8, 9)),
    ],
)
def test_a_word_is_said_as_given(
    vocabulary: Vocabulary, text: str, said: str, places: tuple[int, ...]
) -> None:
    """In any case, with punctuation and prefixes; nothing is free, and the places are its own."""
    (reading,) = word(text, vocabulary, NATO="נאטו").readings
    assert (reading.text, reading.free) == (said, ())
    assert reading.targets[-1].places == places


def test_only_whole_parts_are_said_so(vocabulary: Vocabulary) -> None:
    """Not a piece of another word."""
    for text in ("NATOX", "XNATO", "NA-TO"):
        assert word(text, vocabulary, NATO="נאטו").readings[0].targets == ()


def test_digits_and_hyphens_are_part_of_what_is_written(vocabulary: Vocabulary) -> None:
    """What is given counts before the language's own rules."""
    assert word("COVID-19", vocabulary, **{"covid-19": "קורונה"}).readings[0].text == "קורונה"
    assert word("ל-COVID-19", vocabulary, **{"covid-19": "קורונה"}).readings[0].text == "לקורונה"
    assert [reading.text for reading in word("4K", vocabulary, **{"4K": "פור קיי"}).readings] == [
        "פור קיי"
    ]
    assert word('צה"ל', vocabulary, **{"צה״ל": "צבא הגנה"}).readings[0].text == "צבא הגנה"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "נאטו"),
        (" ", "נאטו"),
        ("NA TO", "נאטו"),
        ("\u200f", "נאטו"),
        ("x" * (MAX_WRITTEN + 1), "נאטו"),
        ("NATO", ""),
        ("NATO", " "),
        ("NATO", "NATO"),
        ("NATO", "..."),
        ("NATO", "א" * (MAX_SAID + 1)),
    ],
)
def test_what_cannot_be_said_is_refused(vocabulary: Vocabulary, written: str, said: str) -> None:
    """The error names the field."""
    with pytest.raises(InvalidField, match="expected") as caught:
        word("NATO", vocabulary, **{written: said})
    assert caught.value.param == "pronunciations"


def test_too_many_are_refused(vocabulary: Vocabulary) -> None:
    """A thousand and one."""
    many = {f"x{number}": "א" for number in range(MAX_PRONUNCIATIONS + 1)}
    with pytest.raises(InvalidField, match=r"at most 1000 pronunciations, got 1001"):
        word("x", vocabulary, **many)
