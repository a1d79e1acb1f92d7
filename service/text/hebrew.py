"""Hebrew writing to the 27 letters that models spell with.

Points and cantillation are not spoken letters, presentation forms are letters in disguise, and a
maqaf joins two words that are spoken apart.
"""

import unicodedata
from typing import Final

MAQAF: Final = "\u05be"
BREAK: Final = " "


def spell(character: str) -> str:
    """The letters that one written character stands for: none for a point or a mark, BREAK for a
    maqaf, the letter itself otherwise.
    """
    if character == MAQAF:
        return BREAK
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(char for char in decomposed if not unicodedata.combining(char))
