"""Pointed Hebrew is said as it is said today."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.demo.hebrew.pronunciation import LETTERS, pronounce, split_words, unpointed


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("שָׁלוֹם", "Sal'om"),
        ("בְּרֵאשִׁית", "beQ\"eS'it"),
        ("הָאָרֶץ", "ha?'aQ\"ets"),  # a segolate is stressed on its first vowel
        ("רוּחַ", "Q\"'uaX"),  # a furtive patah comes before its letter
        ("הַמַּיִם", "ham'ajim"),
        ("כָּל", "k'ol"),  # a small qamats
        ("וְכָל", "veX'ol"),
        ("יְהוָה", "?adon'aj"),  # read as another word
        ("לַיהוָה", "la?adon'aj"),
        ("הִוא", "h'i"),
        ("וּבֵין", "uv'en"),
        ("וּבֶן", "uv'en"),  # the prefix takes no stress
        ("וַיְהִי", "vajh'i"),
        ("דְּבָרָיו", "devaQ\"'av"),
        ("צִוָּה", "tsiv'a"),
        ("יִשְׂרָאֵל", "jisQ\"a?'el"),
        ("וַיִּהְיוּ", "vajihj'u"),
        ("מִצְרַיִם", "mitsQ\"'ajim"),
        ("חֹשֶׁךְ", "X'oSeX"),
    ],
)
def test_words_are_pronounced(word: str, expected: str) -> None:
    """Vowels from the points, stress from the pattern."""
    assert pronounce(word) == expected


def test_speakers_differ_on_an_initial_sheva() -> None:
    """Both shma and shema are heard."""
    assert pronounce("שְׁמַע", vocal_sheva=True) == "Sem'a"
    assert pronounce("שְׁמַע", vocal_sheva=False) == "Sm'a"


def test_the_label_is_the_text_without_points() -> None:
    """A maqaf parts words, and everything that is no letter goes."""
    assert split_words("עַל־פְּנֵי, תְהוֹם׃") == ["עַל", "פְּנֵי,", "תְהוֹם׃"]
    assert unpointed("פְּנֵי,") == "פני"


@given(st.text("".join(LETTERS) + "\u05b0\u05b4\u05b7\u05b8\u05b9\u05bc\u05c1\u05c2", min_size=1))
def test_any_pointing_is_pronounced(word: str) -> None:
    """Points in any order and number never raise."""
    assert isinstance(pronounce(word), str)
