"""Punctuation that stands between words, also where nobody typed a space."""

import unicodedata
from typing import Final

BREAK: Final = " "  # what a speller gives for it
_PARTING: Final = frozenset(",;!?/…।॥")


def parts_words(character: str) -> bool:
    """Whether what stands left and right of it is spoken as two words: a dash of any length, a
    maqaf, a slash, a comma, a danda. A full stop, a colon and quotes stand within words, too.
    """
    return character in _PARTING or unicodedata.category(character) == "Pd"
