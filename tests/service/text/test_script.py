"""Scripts by the names of the letters."""

import unicodedata
from typing import Literal

import pytest

from service.text.script import letters_by_script, main_script, script_of


@pytest.mark.parametrize(
    ("character", "script"),
    [
        ("ש", "HEBREW"),
        ("न", "DEVANAGARI"),
        ("é", "LATIN"),
        ("ж", "CYRILLIC"),
        ("字", "CJK"),
        ("7", None),
        ("७", None),  # a Devanagari digit
        ("־", None),  # maqaf
        ("\u05b8", None),  # a Hebrew point
        ("\u093f", None),  # a Devanagari vowel sign
        (" ", None),
        ("\ue000", None),  # private use
    ],
)
def test_a_letter_has_the_script_of_its_name(character: str, script: str | None) -> None:
    """Digits, signs, points and what has no name have none."""
    assert script_of(character) == script


def test_a_text_is_counted_by_its_letters() -> None:
    """Each letter once, whatever stands between."""
    assert letters_by_script("שלום, नमन! 42 ok") == {"HEBREW": 4, "DEVANAGARI": 3, "LATIN": 2}


def test_points_and_disguises_change_no_count() -> None:
    """A pointed text, or one in presentation forms, is the same text."""
    assert letters_by_script("שָׁלוֹם") == letters_by_script("שלום") == {"HEBREW": 4}
    assert letters_by_script("\ufb2aל\ufb4bם") == {"HEBREW": 4}
    assert letters_by_script("ａ𝐛ℵ") == {"LATIN": 2, "HEBREW": 1}


def test_a_heap_of_marks_is_never_put_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """That takes quadratic time: characters are normalised one by one, each kind once."""
    normalised: list[str] = []
    normalize = unicodedata.normalize

    def counted(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
        normalised.append(text)
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", counted)
    assert letters_by_script("ש" + "\u05b0\u05c1\u0591" * 1000) == {"HEBREW": 1}
    assert sorted(normalised) == sorted("ש\u05b0\u05c1\u0591")


@pytest.mark.parametrize(
    ("texts", "script"),
    [
        (["א", "ב", "|", "a"], "HEBREW"),
        (["▁नम", "स्ते", "▁", "ok"], "DEVANAGARI"),
        (["|", "'", "3"], None),
        ([], None),
    ],
)
def test_a_vocabularys_script_is_that_of_most_of_its_letters(
    texts: list[str], script: str | None
) -> None:
    """Pieces of words count by their letters; without a letter there is no script."""
    assert main_script(texts) == script
