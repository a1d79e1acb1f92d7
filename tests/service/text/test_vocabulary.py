"""Tokens to text and back: the blank, what parts words, and the unknowns are nobody's letters."""

import unicodedata
from pathlib import Path
from typing import Literal

import pytest
from bundles import (
    SENTENCES,
    TOKENS,
    conformer_bundle,
    pieces,
    planted_bundle,
    tokenizer_model,
    write_bundle,
    write_conformer,
)
from hypothesis import given
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor

from service.bundle import open_bundle
from service.errors import BundleError
from service.text.vocabulary import SpelledToken, TokenText, Vocabulary, vocabulary_of

BLANK = len(pieces())


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(planted_bundle(Path(tmp_path_factory.mktemp("letters"))))


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(conformer_bundle(Path(tmp_path_factory.mktemp("pieces"))))


def character_vocabulary(folder: Path, letters: str) -> Vocabulary:
    return vocabulary_of(open_bundle(write_bundle(folder, letters)))


def texts(word: str, vocabulary: Vocabulary) -> list[str]:
    return [pieces()[token] for token, _ in vocabulary.spell(word)]


def test_letters_are_tokens(letters: Vocabulary) -> None:
    """Each at its place; what has no token is left out, the separator and the unknown too."""
    aleph, bet = TOKENS.index("א"), TOKENS.index("ב")
    assert letters.spell("אxב|") == [SpelledToken(aleph, (0,)), SpelledToken(bet, (2,))]
    assert letters.spell("|[UNK]") == []
    assert letters.spell("") == []


def test_case_and_marks_follow_the_vocabulary(tmp_path: Path) -> None:
    """A letter as it is, in lower or upper case, and at last without its mark."""
    vocabulary = character_vocabulary(tmp_path, "aBé")
    assert [token for token, _ in vocabulary.spell("AbÉ")] == [0, 1, 2]
    assert vocabulary.spell("\u00e1b") == [SpelledToken(0, (0,)), SpelledToken(1, (1,))]
    assert vocabulary.spell("E\u0301a") == [SpelledToken(2, (0, 1)), SpelledToken(0, (2,))]


@pytest.mark.parametrize(
    ("alphabet", "expected"),
    [
        ("कन\u0958", [(2, (0, 1)), (1, (2,))]),  # a token for both
        ("कन\u093c", [(0, (0,)), (2, (1,)), (1, (2,))]),  # a token for each
        ("कन", [(0, (0,)), (1, (2,))]),  # none for the nukta
    ],
)
def test_a_nukta_takes_the_token_that_there_is(
    tmp_path: Path, alphabet: str, expected: list[tuple[int, tuple[int, ...]]]
) -> None:
    """With its letter, by itself, or none; no letter is swallowed."""
    assert character_vocabulary(tmp_path, alphabet).spell("क\u093cन") == expected


@pytest.mark.parametrize(("letter", "within"), ["ךכ", "םמ", "ןנ", "ףפ", "ץצ"])
def test_a_final_letter_is_spelled_as_within_a_word(
    tmp_path: Path, letter: str, within: str
) -> None:
    """Where the model has no other; where it has both, each is itself."""
    assert character_vocabulary(tmp_path / "one", within).spell(letter) == [SpelledToken(0, (0,))]
    both = character_vocabulary(tmp_path / "both", within + letter)
    assert both.spell(letter + within) == [SpelledToken(1, (0,)), SpelledToken(0, (1,))]


def test_letters_are_read(letters: Vocabulary) -> None:
    """The separator begins a word; blank and unknown are no text."""
    assert letters.read(TOKENS.index("א")) == TokenText("א", begins_word=False)
    assert letters.read(TOKENS.index("|")) == TokenText("", begins_word=True)
    assert letters.read(TOKENS.index("[UNK]")) is None
    assert letters.read(TOKENS.index("[PAD]")) is None


def test_a_space_may_part_words(tmp_path: Path) -> None:
    """NeMo's character models: the token is a space, also after a round through tokens.txt."""
    tokens = (" ", "क", "ख")
    bundle = open_bundle(
        write_conformer(
            tmp_path, spoken=tokens, word_delimiter=" ", tokenizer=None, special_tokens=[]
        )
    )
    assert bundle.tokens == (*tokens, "<blk>")
    assert (bundle.folder / "tokens.txt").read_text(encoding="utf-8").startswith("  0\n")
    vocabulary = vocabulary_of(bundle)
    assert (vocabulary.separator_id, vocabulary.blank_id) == (0, 3)
    assert vocabulary.spell("खक") == [SpelledToken(2, (0,)), SpelledToken(1, (1,))]
    assert vocabulary.read(0) == TokenText("", begins_word=True)
    assert vocabulary.read(3) is None


def test_pieces_are_read(words: Vocabulary) -> None:
    """A piece's mark begins a word; blank and unknown are no text."""
    assert words.separator_id is None
    assert words.read(pieces().index("▁है")) == TokenText("है", begins_word=True)
    assert words.read(pieces().index("▁")) == TokenText("", begins_word=True)
    assert words.read(pieces().index("नी")) == TokenText("नी", begins_word=False)
    assert words.read(pieces().index("<unk>")) is None
    assert words.read(BLANK) is None


@pytest.mark.parametrize("sentence", SENTENCES)
def test_pieces_read_as_they_are_spelled(sentence: str, words: Vocabulary) -> None:
    """Every word of the language, mark first, and every letter once."""
    for word in sentence.split():
        normal = unicodedata.normalize("NFKC", word)
        spelled = words.spell(word)
        readings = [words.read(token) for token, _ in spelled]
        assert "".join(reading.letters for reading in readings if reading) == normal
        assert [reading.begins_word for reading in readings if reading].count(True) == 1
        assert [place for _, spoken in spelled for place in spoken] == list(range(len(word)))


@pytest.mark.parametrize(
    ("joined", "composed"), [("ल\u095cका", "लड\u093cका"), ("सब\u094d\u095bी", "सब\u094dज\u093cी")]
)
def test_both_ways_to_write_a_nukta_give_the_same_pieces(
    joined: str, composed: str, words: Vocabulary
) -> None:
    """Precomposed or not."""
    assert texts(joined, words) == texts(composed, words) == texts(joined + "x", words)


@pytest.mark.parametrize("word", ["\u0929\u0929म", "न\u093cन\u093cम", "\u0929न\u093cम"])
def test_a_nukta_without_a_piece_leaves_its_letter(word: str, words: Vocabulary) -> None:
    """SentencePiece joins न and a nukta to a letter of which there is no piece."""
    assert texts(word, words) == ["▁", "न", "न", "म"]


def test_a_mark_goes_with_its_letter(words: Vocabulary, tmp_path: Path) -> None:
    """A nukta is never moved to the letter before one that was left out."""
    assert texts("कळ\u093cन", words) == ["▁", "क", "न"]
    spelled = character_vocabulary(tmp_path, "कन\u093c").spell("कळ\u093cन")
    assert spelled == [SpelledToken(0, (0,)), SpelledToken(1, (3,))]


@pytest.mark.parametrize("word", ["कa\u093cन", "कaीन", "कळींन", "कळ\u093cीन", "a\u093cकन", "aीकन"])
def test_marks_of_a_letter_that_is_left_out_go_with_it(
    words: Vocabulary, tmp_path: Path, word: str
) -> None:
    """Vowel signs, too, though they have tokens: nobody says them alone."""
    assert texts(word, words) == ["▁", "क", "न"]
    spelled = character_vocabulary(tmp_path, "कनी\u093cं").spell(word)
    assert [token for token, _ in spelled] == [0, 1]


def test_marks_after_one_that_is_left_out_stay(words: Vocabulary, tmp_path: Path) -> None:
    """Their letter is there: only the mark without a token goes."""
    assert texts("न\u093cी", words) == ["▁", "नी"]
    spelled = character_vocabulary(tmp_path, "कनी").spell("न\u093cी")
    assert [token for token, _ in spelled] == [1, 2]


def test_letters_without_a_piece_are_left_out(words: Vocabulary) -> None:
    """Foreign ones, marks and controls; the places of the others stay."""
    spelled = words.spell("xनyz\u200d▁म🙂")
    assert [(pieces()[token], spoken) for token, spoken in spelled] == [
        ("▁", ()),
        ("न", (1,)),
        ("म", (6,)),
    ]
    for word in ("", "xyz", "▁", "▁▁", "<unk>", "\ud800", "\x00", "🙂"):
        assert words.spell(word) == []


def test_a_heap_of_marks_costs_no_more_than_its_length(words: Vocabulary) -> None:
    """No letter bears more than four; 100,000 would take hours if they were weighed together."""
    assert texts("क" + "\u093c" * 100_000 + "न", words) == ["▁", "क", *["\u093c"] * 4, "न"]


def test_a_letter_is_weighed_once_a_word(
    words: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it stands in it: SentencePiece is slow to ask."""
    asked: list[str] = []
    normalize = SentencePieceProcessor.normalize

    def counted(processor: SentencePieceProcessor, text: str) -> str:
        asked.append(text)
        return str(normalize(processor, text))

    monkeypatch.setattr(SentencePieceProcessor, "normalize", counted)
    assert texts("नx" * 1000, words)[1:] == ["न"] * 1000
    assert sorted(asked) == ["X", "x", "न"]


def test_a_character_is_decomposed_once_a_word(
    letters: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same where tokens are characters."""
    normalised: list[str] = []
    normalize = unicodedata.normalize

    def counted(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
        normalised.append(text)
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", counted)
    counts = []
    for repeats in (1, 1000):
        normalised.clear()
        assert len(letters.spell("אx" * repeats)) == repeats
        counts.append(len(normalised))
    assert counts[0] == counts[1] > 0


@given(st.text(st.characters()) | st.text(st.sampled_from("नमक\u093c\u0929\u095cीﬁßİ\u0301▁ ")))
def test_any_word_spells_spoken_pieces(words: Vocabulary, word: str) -> None:
    """No exception, no special token, and places in order, each a letter of the word."""
    spelled = words.spell(word)
    places = [place for _, spoken in spelled for place in spoken]
    assert places == sorted(places)
    assert all(0 <= place < len(word) for place in places)
    assert all(words.read(token) is not None for token, _ in spelled)
    assert bool(spelled) == bool(places)


@given(st.text(st.characters()))
def test_any_word_spells_letters(letters: Vocabulary, word: str) -> None:
    """The same of characters."""
    for token, spoken in letters.spell(word):
        assert TOKENS[token] in {word[place] for place in spoken}


@pytest.mark.parametrize("blank_id", [0, 5])
def test_a_blank_among_the_pieces_moves_them(tmp_path: Path, blank_id: int) -> None:
    """SentencePiece's ids are not the model's where the blank is not last."""
    bundle = open_bundle(write_conformer(tmp_path, blank_id=blank_id))
    vocabulary = vocabulary_of(bundle)
    spelled = [bundle.tokens[token] for token, _ in vocabulary.spell("नमक")]
    assert spelled == ["▁", "न", "म", "क"]
    assert vocabulary.read(blank_id) is None


@pytest.mark.parametrize("content", [b"", b"no model", tokenizer_model()[:200]])
def test_a_tokenizer_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    """The error names the file."""
    bundle = open_bundle(write_conformer(tmp_path, sentencepiece=content))
    with pytest.raises(BundleError, match=r"tokenizer\.model: expected a SentencePiece") as caught:
        vocabulary_of(bundle)
    assert caught.value.facts["file"] == "tokenizer.model"


@pytest.mark.parametrize(
    ("tokens", "got"),
    [
        ((*pieces()[:-1], "क्ष"), f"got {BLANK}, '{pieces()[-1]}' for 'क्ष'"),
        (pieces()[:-1], f"the {BLANK - 1} pieces of tokens.txt, got {BLANK}"),
        ((*pieces(), "ज्ञ"), f"the {BLANK + 1} pieces of tokens.txt, got {BLANK}"),
    ],
)
def test_a_tokenizer_of_other_pieces_is_refused(
    tmp_path: Path, tokens: tuple[str, ...], got: str
) -> None:
    """The error names the file and the first difference."""
    bundle = open_bundle(write_conformer(tmp_path, spoken=tokens))
    with pytest.raises(BundleError, match=r"tokenizer\.model") as caught:
        vocabulary_of(bundle)
    assert got in caught.value.message
