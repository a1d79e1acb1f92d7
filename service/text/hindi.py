"""Devanagari writing to the letters that models spell with.

Joiners shape letters and are not heard, punctuation and symbols are silent or part words. A letter
with a nukta may be written as one character or as two: it is spelled as two.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final

from service.text.punctuation import BREAK, parts_words, stands_for_itself

SILENT: Final = frozenset("PSC")  # Unicode's categories: punctuation, symbols, controls and joiners
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
    """The letters that one written character stands for, decomposed: none for a joiner, a mark of
    recitation or a symbol, BREAK for what parts words, a letter and its nukta for a letter with
    one.
    """
    if parts_words(character):
        return BREAK
    if stands_for_itself(character):
        return character
    if unicodedata.category(character)[0] in SILENT or _is_recited(character):
        return ""
    return _RESPELLED.get(character) or unicodedata.normalize("NFKD", character)


def _is_recited(character: str) -> bool:
    """Vedic accents: the last of the Devanagari block's marks, and a block of their own."""
    return "\u0951" <= character <= "\u0954" or "\u1cd0" <= character <= "\u1cff"
