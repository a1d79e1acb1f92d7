"""A word as it is looked at for numbers and abbreviations: one way to write each sign."""

import unicodedata
from dataclasses import dataclass
from typing import Final

_SIGNS: Final = str.maketrans(
    {"−": "-", "״": '"', "”": '"', "“": '"', "„": '"', "׳": "'", "’": "'", "‘": "'", "٪": "%"}
)


@dataclass(frozen=True)
class FoldedWord:
    """text: ASCII digits, hyphens and quotes for all of their kinds, no joiners and no marks of
    direction. places: of each of its characters in the word, ascending.
    """

    text: str
    places: tuple[int, ...]

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """The characters of the word that its text [begin, end) stands for."""
        return self.places[begin], self.places[end - 1] + 1


def folded(word: str) -> FoldedWord:
    """Fold a word."""
    characters = [
        (_folded(character), place)
        for place, character in enumerate(word)
        if unicodedata.category(character) != "Cf"
    ]
    text = "".join(character for character, _ in characters)
    return FoldedWord(text, tuple(place for _, place in characters))


def _folded(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(character) == "Pd" or character == "־":
        return "-"
    return character.translate(_SIGNS)
