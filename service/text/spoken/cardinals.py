"""Numbers in words, by the rules of Unicode's CLDR."""

import functools
from collections.abc import Callable
from typing import Final

from unicode_rbnf import RbnfEngine

MAX_NUMBER_DIGITS: Final = 15  # longer ones are read digit by digit


@functools.cache
def _engine(language: str) -> RbnfEngine:
    """The rules of a language: a file of some kilobytes, read where they are first needed."""
    return RbnfEngine.for_language(language)


@functools.lru_cache(maxsize=4096)
def in_words(number: int, language: str, rules: str) -> str:
    """A number of at most MAX_NUMBER_DIGITS digits, spelled by one of the language's rule sets,
    "spellout-cardinal".
    """
    return _engine(language).format_number(number, ruleset_names=[rules]).text


def digit_by_digit(digits: str, cardinal: Callable[[int], str]) -> str:
    """Each digit as a number of its own."""
    return " ".join(cardinal(int(digit)) for digit in digits)


def counted(digits: str, cardinal: Callable[[int], str]) -> str:
    """One number, said with the zeros that begin it; digit by digit if it is too long for that."""
    if len(digits) > MAX_NUMBER_DIGITS:
        return digit_by_digit(digits, cardinal)
    zeros = len(digits) - len(digits.lstrip("0"))
    rest = [cardinal(int(digits))] if zeros < len(digits) else []
    return " ".join([cardinal(0)] * zeros + rest)
