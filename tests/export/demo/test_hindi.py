"""Hindi text becomes words, and words become what is spoken and spelled."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.demo.hindi.corpus import (
    FREQUENCY_POWER,
    HINDI,
    Split,
    normalized,
    read_frequencies,
    split_corpus,
    split_words,
)
from export.demo.hindi.model import PIECES, ConformerSpelling, UnspellableText, write_tokenizer
from export.demo.hindi.pronunciation import as_festival_reads

COMPOSED, MARKED = "ल\u095cका", "ल\u0921\u093cका"


def test_a_letter_with_a_nukta_is_one_however_it_is_written() -> None:
    """Labels have the mark by itself, as the published model's tokens do."""
    assert normalized(COMPOSED) == normalized(MARKED) == MARKED


def test_joiners_are_no_letters() -> None:
    """They shape what is written, and nothing is heard of them."""
    assert normalized("क्\u200dया\u200c") == "क्या"


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("आज, बारिश है।", ["आज", "बारिश", "है"]),
        ("धीरे-धीरे चलो", ["धीरे", "धीरे", "चलो"]),
        ("उत्तर–दक्षिण", ["उत्तर", "दक्षिण"]),
        ("GOP ने 3डी और २० फ़िल्में देखीं", ["ने", "और", normalized("फ़िल्में"), "देखीं"]),
        ("(“हाँ”)", ["हाँ"]),
        ("ा क ्", ["क"]),  # a lone sign is a slip of the pen
    ],
)
def test_sentences_are_split_into_devanagari_words(sentence: str, words: list[str]) -> None:
    """Punctuation goes, a hyphen parts words, a word with foreign letters or digits is dropped."""
    assert split_words(sentence) == words


def test_no_held_out_sentence_is_trained_on(
    hindi_split: Split, hindi_texts: tuple[Path, Path]
) -> None:
    """Apart by wording, complete together, and the same each time."""
    trained, apart = set(hindi_split.phrases.lines), set(hindi_split.held_out_lines)
    assert len(apart) == 10
    assert not trained & apart
    lines = hindi_texts[0].read_text(encoding="utf-8").splitlines()
    assert trained | apart == {tuple(split_words(line)) for line in lines}
    assert split_corpus(*hindi_texts) == hindi_split


def test_frequent_words_are_drawn_more_often_but_not_as_often_as_said(tmp_path: Path) -> None:
    """Weights go with a power of the counts, and spellings of one word count together."""
    sentences, counts = tmp_path / "sentences", tmp_path / "words"
    sentences.write_text("एक\nदो\nतीन\nचार\n", encoding="utf-8")
    counts.write_text(f"{COMPOSED} 60\n। 500\n{MARKED} 40\nthe 7\nघर 1\n", encoding="utf-8")
    assert read_frequencies(counts) == {MARKED: 100, "घर": 1}
    phrases = split_corpus(sentences, counts).phrases
    assert phrases.words == (MARKED, "घर")
    assert phrases.weights is not None
    assert sum(phrases.weights) == pytest.approx(1)
    assert phrases.weights[0] / phrases.weights[1] == pytest.approx(100**FREQUENCY_POWER)


def test_labels_are_the_words_themselves() -> None:
    """What is trained on is spelled as the corpus normalises it."""
    assert HINDI.spell(MARKED) == MARKED


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("घर", "घर्"),
        (MARKED, "ल\u095c्का"),
        (COMPOSED, "ल\u095c्का"),
        ("समझना", "समझ्ना"),
        ("नमकीन", "नम्कीन्"),  # from the end: the vowel after "m" goes, the one before it stays
        ("कमल", "कमल्"),
        ("मित्र", "मित्र"),  # a cluster needs its vowel
        ("बच्चे", "बच्चे"),
        ("हैं", "हैं"),
        ("गए", "गए"),
        ("न", "न"),
    ],
)
def test_silent_vowels_are_marked_for_festival(word: str, read: str) -> None:
    """Its voice says an "a" after every consonant that has no sign."""
    assert as_festival_reads(word) == read


@given(st.text("कखगनमऱािीं्अए", min_size=1))
def test_respelling_for_festival_adds_viramas_only(word: str) -> None:
    """Signs in any order never raise, and no letter is lost."""
    without = str.maketrans("", "", "्")
    respelled = normalized(as_festival_reads(word)).translate(without)
    assert sorted(respelled) == sorted(normalized(word).translate(without))


def test_words_are_spelled_with_pieces(tokenizer: Path, hindi_split: Split) -> None:
    """Every word of the text has pieces of its own, and a letter beyond it is refused by name."""
    spelling = ConformerSpelling(tokenizer / "tokenizer.model")
    words = hindi_split.phrases.words
    spelling.check(words)
    assert {piece for word in words for piece in spelling.spell(word)} <= set(range(1, PIECES))
    with pytest.raises(UnspellableText, match="got 1 others: ञ"):
        spelling.check([*words, "ञ"])


def test_a_tokenizer_is_made_once(tokenizer: Path) -> None:
    """Training resumes with the pieces that it began with, whatever the text is by then."""
    before = (tokenizer / "tokenizer.model").read_bytes()
    assert write_tokenizer(["अन्य"], tokenizer) == tokenizer / "tokenizer.model"
    assert (tokenizer / "tokenizer.model").read_bytes() == before
