"""Devanagari writing to the letters that models spell with.

Joiners shape letters and are not heard, a hyphen joins two words that are spoken apart, dandas and
other punctuation are silent. A letter with a nukta may be written as one character or two.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final

BREAK: Final = " "
HYPHENS: Final = frozenset("-\u2010\u2011\u2012\u2013")
NUKTA: Final = "\u093c"
# What Hindi borrows from other languages' alphabets, in its own.
_RESPELLED: Final[Mapping[str, str]] = {
    "ॐ": "ओम",
    "ऎ": "ए",  # short e and o of the south
    "ऒ": "ओ",
    "ॆ": "े",
    "ॊ": "ो",
    "ॲ": "ऍ",
}


def spell(character: str) -> str:
    """The letters that one written character stands for: none for a joiner, a stress mark or
    punctuation, BREAK for a hyphen, a letter and its nukta for a letter with one.
    """
    if character in HYPHENS:
        return BREAK
    if character in _RESPELLED:
        return _RESPELLED[character]
    if unicodedata.category(character)[0] in "PC" or _is_vedic(character):
        return ""
    return unicodedata.normalize("NFKD", character)


def _is_vedic(character: str) -> bool:
    """Marks of recitation: accents, and the Vedic blocks."""
    return "\u0951" <= character <= "\u0954" or "\u1cd0" <= character <= "\u1cff"
