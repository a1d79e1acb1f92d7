"""Hindi numbers in words, and the other spellings of them that people use."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from service.text.spoken import cardinals
from service.text.spoken.cardinals import in_words
from service.text.spoken.numerals import Whole

_RULES: Final = "spellout-cardinal"
# CLDR's spellings to those that are taught today.
_TAUGHT: Final = {"पन्द्रह": "पंद्रह", "चौवालीस": "चवालीस"}
# Whole words that are spelled, or said, in another way, too.
_VARIANTS: Final = {
    "छह": "छः",
    "पंद्रह": "पन्द्रह",
    "अठारह": "अट्ठारह",
    "सत्रह": "सतरह",
    "इकतीस": "इकत्तीस",
    "तैंतीस": "तेंतीस",
    "चवालीस": "चौवालीस",
    "तिरेपन": "तिरपन",
    "तिरेसठ": "तिरसठ",
    "सतहत्तर": "सतत्तर",
    "उनासी": "उन्यासी",
    "इक्यानबे": "इक्यानवे",
    "बानबे": "बानवे",
    "तिरानबे": "तिरानवे",
    "चौरानबे": "चौरानवे",
    "पंचानबे": "पचानवे",
    "छियानबे": "छियानवे",
    "सत्तानबे": "सत्तानवे",
    "अट्ठानबे": "अट्ठानवे",
    "निन्यानबे": "निन्यानवे",
    "सत्ताईस": "सत्ताइस",
    "अट्ठाईस": "अठाईस",
    "अट्ठावन": "अठावन",
    "अट्ठासी": "अठासी",
    "सितंबर": "सितम्बर",
    "अक्टूबर": "अक्तूबर",
    "नवंबर": "नवम्बर",
    "दिसंबर": "दिसम्बर",
}
_BORROWED: Final = re.compile(r"(?<=[कखगजफ])\u093c")  # a nukta that many leave out
_WORD: Final = re.compile(r"[^ ]+")
_HUNDRED: Final = 100
_YEARS: Final = range(1100, 2000)
_HUNDREDS: Final = range(1100, 10_000)  # that are counted in hundreds: पंद्रह सौ
ZERO: Final = "शून्य"


def cardinal(number: int) -> str:
    """एक हज़ार नौ सौ सैंतालीस."""
    words = in_words(number, "hi", _RULES)
    return _WORD.sub(lambda word: _TAUGHT.get(word[0], word[0]), words)


def in_hundreds(number: int) -> str:
    """उन्नीस सौ सैंतालीस; "" for a number that nobody says so."""
    hundreds, rest = divmod(number, _HUNDRED)
    if number not in _HUNDREDS or hundreds % 10 == 0:
        return ""
    return f"{cardinal(hundreds)} सौ" + (f" {cardinal(rest)}" if rest else "")


def is_year(whole: Whole) -> bool:
    """Whether it is likely a year that is counted in hundreds: 1947, but not 1,947."""
    return whole.number in _YEARS and whole.end - whole.begin == len(whole.digits)


def without_one(number: int) -> str:
    """सौ, हज़ार: a round number without the "one" that begins it; "" for others."""
    said = cardinal(number)
    return said.removeprefix("एक ") if number >= _HUNDRED and said.startswith("एक ") else ""


def digit_by_digit(digits: str) -> str:
    """दो शून्य दो चार."""
    return cardinals.digit_by_digit(digits, cardinal)


def counted(digits: str) -> str:
    """One number, with the zeros that begin it."""
    return cardinals.counted(digits, cardinal)


def spellings(said: str) -> Iterator[str]:
    """As it is, and as others spell it: other words, a dot for the moon's sign, no nukta."""
    yield said
    yield _WORD.sub(lambda word: _VARIANTS.get(word[0], word[0]), said)
    yield _BORROWED.sub("", unicodedata.normalize("NFD", said)).replace("ँ", "ं")
