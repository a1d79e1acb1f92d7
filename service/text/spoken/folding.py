"""A word as it is looked at for numbers and abbreviations: one way to write each sign."""

import functools
import unicodedata
from dataclasses import dataclass
from typing import Final

_SIGNS: Final = str.maketrans(
    {"−": "-", "״": '"', "”": '"', "“": '"', "„": '"', "׳": "'", "’": "'", "‘": "'", "٪": "%"}
    # Devanagari's stop of an abbreviation; the slash of a fraction, and of a division.
    | {"॰": ".", "\u2044": "/", "\u2215": "/"}
)


@dataclass(frozen=True)
class FoldedWord:
    """text: ASCII digits, hyphens, quotes, stops and slashes for all of their kinds, no joiners and
    no marks of direction. places: of each of its characters in the word, ascending.
    """

    text: str
    places: tuple[int, ...]

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """The characters of the word that its text [begin, end) stands for."""
        return self.places[begin], self.places[end - 1] + 1


def folded(word: str) -> FoldedWord:
    """Fold a word."""
    signs = [_folded(character) for character in word]
    return FoldedWord("".join(signs), tuple(place for place, sign in enumerate(signs) if sign))


@functools.lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    """Its one way to be written; "" for a joiner or a mark of direction."""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    if category == "Pd":  # a maqaf is one
        return "-"
    if category == "Cf":
        return ""
    return character.translate(_SIGNS)
