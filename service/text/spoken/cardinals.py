"""Numbers in words, by the rules of Unicode's CLDR."""

import functools
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
