"""Punctuation that stands between words, also where nobody typed a space; and what is no
punctuation, but is said.
"""

import functools
import unicodedata
from typing import Final

BREAK: Final = " "  # what a speller gives for it
_PARTING: Final = frozenset(",;!?/…।॥")
_SAID: Final = frozenset({"Lu", "Ll", "Lt", "Lo", "Nd", "Nl", "No", "Sc", "Sm", "So"})
_SAID_MARKS: Final = frozenset("%&@#‰")
# They lay text out, or frame it.
_LAYOUT: Final = frozenset("|¦~<>")
_SHAPES: Final = ((0x2190, 0x21FF), (0x2300, 0x23FF), (0x2500, 0x25FF))  # arrows, boxes, bullets
_EMOJI: Final = (0x1F000, 0x1FBFF)  # with those that came after Python's tables


def parts_words(character: str) -> bool:
    """Whether what stands left and right of it is spoken as two words: a dash of any length, a
    maqaf, a slash, a comma, a danda. A full stop, a colon and quotes stand within words, too.
    """
    return character in _PARTING or unicodedata.category(character) == "Pd"


@functools.lru_cache(maxsize=4096)  # asked of every character
def is_said(character: str) -> bool:
    """Whether a reader says something for it: a letter, a digit or a symbol of any script; no
    punctuation, point, joiner or bullet.
    """
    category = unicodedata.category(character)
    if category == "Cn":
        return _within(character, _EMOJI)
    if category not in _SAID:
        return character in _SAID_MARKS
    return character not in _LAYOUT and not any(_within(character, block) for block in _SHAPES)


def stands_for_itself(character: str) -> bool:
    """Whether it is a digit with a form of its own, ² or ½ or ①: not the digit that is in it."""
    return unicodedata.category(character) == "No"


def _within(character: str, block: tuple[int, int]) -> bool:
    return block[0] <= ord(character) <= block[1]
