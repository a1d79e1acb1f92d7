"""Hindi respelled for a voice that says an "a" after every consonant without a vowel sign.

Festival's Hindi voice reads letter by letter; Hindi does not: घर is "ghar", लड़का is "larka". Where
the vowel is not said, a virama is written. The rules are school grammar's, simplified: none after
a word's last consonant, and none between a vowel and a consonant before a vowel (Ohala's rule),
decided from the end of the word. A consonant that closes a cluster keeps its vowel.
"""

import re
import unicodedata
from typing import Final

VIRAMA: Final = "\u094d"
_LETTER: Final = re.compile("[\u0904-\u0939]\u093c?[\u0900-\u0903\u093e-\u094d]*")
_CONSONANT: Final = re.compile("[\u0915-\u0939]\u093c?")
# Letters with a nukta that Unicode has as one character, though its composition takes them apart.
_COMPOSED: Final = {
    unicodedata.normalize("NFD", letter): letter
    for letter in map(chr, (0x0929, 0x0931, 0x0934, *range(0x0958, 0x0960)))
}


def as_festival_reads(word: str) -> str:
    """A word with viramas where no vowel is said, and a letter with a nukta as one character."""
    respelled = without_silent_vowels(unicodedata.normalize("NFD", word))
    for letter, composed in _COMPOSED.items():
        respelled = respelled.replace(letter, composed)
    return respelled


def without_silent_vowels(word: str) -> str:
    """word: in NFD."""
    letters = _LETTER.findall(word)
    if "".join(letters) != word:  # signs in an unknown order: as it is
        return word
    for index in range(len(letters) - 1, 0, -1):
        before = letters[index - 1]
        after = letters[index + 1] if index + 1 < len(letters) else None
        in_reach = _has_bare_vowel(letters[index]) and not before.endswith(VIRAMA)
        if in_reach and (after is None or _opens_syllable(after)):
            letters[index] += VIRAMA
    return "".join(letters)


def _has_bare_vowel(letter: str) -> bool:
    """A consonant without a sign, which is said with an "a"."""
    return _CONSONANT.fullmatch(letter) is not None


def _opens_syllable(letter: str) -> bool:
    """A consonant with a vowel that is said."""
    return _CONSONANT.match(letter) is not None and not letter.endswith(VIRAMA)
