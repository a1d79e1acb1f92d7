"""Any text: no exception, no word lost, and every place maps back."""

from pathlib import Path

import pytest
from bundles import DELIMITER_ID, TOKENS, conformer_bundle, pieces, planted_bundle, write_bundle
from hypothesis import given
from hypothesis import strategies as st

from service.bundle import open_bundle
from service.text.hebrew import spell
from service.text.lineup import lineup
from service.text.mapping import written_text
from service.text.vocabulary import SpelledToken, Vocabulary, vocabulary_of


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(planted_bundle(Path(tmp_path_factory.mktemp("bundle"))))


@pytest.fixture(scope="module")
def hindi_pieces(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(conformer_bundle(Path(tmp_path_factory.mktemp("pieces"))))


def spelled(text: str, vocabulary: Vocabulary) -> str:
    targets = lineup(written_text(text, "he", vocabulary)).targets
    return "".join(TOKENS[target.token] for target in targets)


def speaking(text: str, vocabulary: Vocabulary) -> list[tuple[str, tuple[int, ...]]]:
    """Each piece, and the characters that it speaks."""
    targets = lineup(written_text(text, "hi", vocabulary)).targets
    return [(pieces()[target.token], target.places) for target in targets]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("שלום עולם", "שלום|עולם"),
        ("שָׁלוֹם", "שלום"),  # points
        ("בְּרֵאשִׁ֖ית בָּרָ֣א", "בראשית|ברא"),  # cantillation
        ("עַל־פְּנֵי", "על|פני"),  # maqaf
        ("תל-אביב, ראשון–שני/שלישי", "תל|אביב|ראשון|שני|שלישי"),  # hyphen, dash, slash
        ("שלום,עולם…בוא", "שלום|עולם|בוא"),  # no space after punctuation
        ("ק.ק. א:ב", "קק|אב"),
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


def test_a_model_with_digits_may_have_learnt_to_write_them(tmp_path: Path) -> None:
    """As they are written is then the best guess, and as they are said the next."""
    letters = "".join(sorted(set("0123456789שתיםערוארבעלפ")))
    bundle = open_bundle(write_bundle(tmp_path, letters))
    (word,) = written_text("24", "he", vocabulary_of(bundle)).words
    assert [reading.text for reading in word.readings[:2]] == ["24", "עשרים וארבע"]


def test_a_language_without_rules_leaves_digits_free(vocabulary: Vocabulary) -> None:
    """They are said, and nobody knows how."""
    first, number = written_text("שלום 24", "yi", vocabulary).words
    assert len(first.readings[0].targets) == 4
    assert [(reading.targets, reading.free) for reading in number.readings] == [((), (0,))]


def test_a_word_that_comes_again_is_not_spelled_again(
    vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ligature of words, or one word many times, costs the vocabulary one question."""
    asked: list[str] = []
    spell_word = vocabulary.spell

    def counted(letters: str) -> list[SpelledToken]:
        asked.append(letters)
        return spell_word(letters)

    monkeypatch.setattr(vocabulary, "spell", counted)
    written = written_text("שלום " * 100 + "\ufdfa" * 100, "he", vocabulary)
    assert len(written.words) == 101
    assert len(asked) == len(set(asked))


@given(st.text(st.characters(exclude_categories=["N", "S"], exclude_characters="%&@.'\"")))
def test_any_text_keeps_its_words_and_places(vocabulary: Vocabulary, text: str) -> None:
    """Every whitespace-separated word comes back, its targets are letters in order."""
    written = written_text(text, "he", vocabulary)
    assert [word.text for word in written.words] == text.split()
    row = lineup(written)
    end = 0
    for word, places in zip(written.words, row.places, strict=True):
        assert text[word.char_start : word.char_end] == word.text
        if places is not None:
            first, last = places
            assert end <= first <= last
            assert row.targets[first].token != DELIMITER_ID
            assert row.targets[last].token != DELIMITER_ID
            end = last + 1
    assert end == len(row.targets)
    spoken = [place for target in row.targets for place in target.places]
    assert spoken == sorted(set(spoken))
    assert "".join(TOKENS[target.token] for target in row.targets if target.places) == "".join(
        letter for place in spoken for letter in spell(text[place])
    )


@given(st.text() | st.text(st.sampled_from("नमक\u093c\u0929\u0958ड़ॐ्ी,- \u200d▁x")))
def test_any_text_speaks_pieces_of_its_own_characters(hindi_pieces: Vocabulary, text: str) -> None:
    """Targets are spoken pieces, their characters lie in their word, in the order of the text."""
    written = written_text(text, "hi", hindi_pieces)
    assert [word.text for word in written.words] == text.split()
    row = lineup(written)
    for word, held in zip(written.words, row.places, strict=True):
        spoken = row.targets[held[0] : held[1] + 1] if held else ()
        places = {place for target in spoken for place in target.places}
        assert places <= set(range(word.char_start, word.char_end))
        assert bool(places) == bool(held)
    starts = [target.places[0] for target in row.targets if target.places]
    assert starts == sorted(starts)
    forbidden = {"<unk>", "<blk>", ","}
    assert not forbidden & {pieces()[target.token] for target in row.targets}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("घर है", [("▁", ()), ("घ", (0,)), ("र", (1,)), ("▁है", (3, 4))]),
        ("ड़\u0921\u093c", [("▁", ()), ("ड़", (0,)), ("ड़", (1, 2))]),  # a nukta, joined and not
        ("न\u200dी", [("▁", ()), ("नी", (0, 2))]),  # a joiner within a piece
        ("ॐ", [("▁", ()), ("ओ", (0,)), ("म", (0,))]),  # two pieces for a character
        ("घ-र", [("▁", ()), ("घ", (0,)), ("▁", ()), ("र", (2,))]),
        ("“घ:र”।", [("▁", ()), ("घ", (1,)), ("र", (3,))]),
        ("ज\u094d\u093c", [("▁", ()), ("ज", (0,)), ("़", (1,)), ("्", (2,))]),  # marks in order
        ("NATO 🙂 । , ळ <unk> ▁ <blk>", []),
    ],
)
def test_hindi_is_spelled_with_pieces(
    text: str, expected: list[tuple[str, tuple[int, ...]]], hindi_pieces: Vocabulary
) -> None:
    """Each piece knows the characters that it speaks: silent ones are nobody's."""
    joined = text.replace("ड़", "\u095c", 1)
    assert speaking(joined, hindi_pieces) == expected


@given(st.characters())
def test_a_character_spells_no_combining_marks(character: str) -> None:
    """Normalisation never raises and never leaves a point behind."""
    assert all(char not in "\u05b0\u05b8\u05bc" for char in spell(character))
