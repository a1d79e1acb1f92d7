"""Hebrew writing to the 27 letters that models spell with.

Points and cantillation are not spoken letters, presentation forms are letters in disguise, and a
maqaf, or the hyphen that stands for one, joins two words that are spoken apart.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final

from service.text.punctuation import BREAK, parts_words, stands_for_itself

# Geresh and gershayim, and the quotes that stand for them: a model that has them has these.
_QUOTES: Final[Mapping[str, str]] = {"׳": "'", "’": "'", "״": '"', "”": '"'}


def spell(character: str) -> str:
    """The letters that one written character stands for: none for a point or a mark, BREAK for what
    parts words, the letter itself otherwise.
    """
    if parts_words(character):
        return BREAK
    if stands_for_itself(character):
        return character
    character = _QUOTES.get(character, character)
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(char for char in decomposed if not unicodedata.combining(char))
