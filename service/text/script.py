"""The scripts that a text is written in, by the Unicode names of its letters."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Final

NAMELESS: Final = "OTHER"  # letters that Python's tables know without a name


def script_of(character: str) -> str | None:
    """HEBREW, DEVANAGARI, LATIN ...: the first word of a letter's name; None for what is no letter.

    Points and vowel signs are no letters: a text has as many with them as without.
    """
    if not unicodedata.category(character).startswith("L"):
        return None
    return unicodedata.name(character, NAMELESS).split()[0]


def letters_by_script(text: str) -> Counter[str]:
    """How many letters of each script a text has; letters in disguise count as what they are."""
    counts: Counter[str] = Counter()
    # One by one: Unicode's order of marks takes quadratic time where many stand on one letter.
    for character, count in Counter(text).items():
        for letter in unicodedata.normalize("NFKD", character):
            script = script_of(letter)
            if script is not None:
                counts[script] += count
    return counts


def main_script(texts: Iterable[str]) -> str | None:
    """The script of most of their letters; None if there is no letter in them."""
    most = letters_by_script("".join(texts)).most_common(1)
    return most[0][0] if most else None
