"""Devanagari as it is spoken."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.hindi import spell


def spelled(text: str) -> str:
    return "".join(map(spell, text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\u0958\u095c\u0929", "क\u093cड\u093cन\u093c"),  # joined nuktas, also those that NFC joins
        ("क\u093c", "क\u093c"),
        ("र\u200dक\u200cष", "रकष"),  # joiner and non-joiner
        ("घर।", "घर "),
        ("॥", " "),
        ("“डॉ.” (घर)!", "डॉ घर "),
        ("आना-जाना", "आना जाना"),
        ("यह—वह/वे", "यह वह वे"),
        ("दु:ख", "दुख"),
        ("क\u0951ख\u1cd0", "कख"),  # recitation
        ("ॐ", "ओम"),
        ("₹५🙂", "५"),
    ],
)
def test_hindi_is_spelled_with_its_letters(text: str, expected: str) -> None:
    """Joiners and punctuation go, a nukta is a mark of its own, what parts words is a space."""
    assert spelled(text) == expected


@given(st.characters())
def test_every_character_spells_decomposed_letters(character: str) -> None:
    """Never an exception, and nothing that would still decompose."""
    assert unicodedata.is_normalized("NFD", spell(character))


@given(st.text(st.characters(min_codepoint=0x900, max_codepoint=0x97F)))
def test_normal_forms_are_spelled_alike(text: str) -> None:
    """However a nukta is written."""
    forms = {spelled(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert len(forms) == 1
