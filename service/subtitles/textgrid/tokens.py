"""The numbers and texts of a TextGrid, with their places.

Praat reads what stands free, numbers and texts in quotes, and passes over everything else: the long
and the short format are the same sequence, and so is any mixture of the two.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from service.errors import CorruptSubtitles
from service.subtitles.cue import line_number

# A text with its quotes doubled; a comment; anything else up to a space, a quote or an equals sign.
_TOKEN: Final = re.compile(r'"((?:[^"]|"")*+)("?)|![^\r\n]*|([^\s"=!][^\s"=]*)')
_NUMBER: Final = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Number:
    """A number in the text: text[start:end]."""

    value: float
    start: int
    end: int


class Tokens:
    """The numbers and texts, taken one by one. Raises CorruptSubtitles where another was due."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._tokens = self._free_ones()

    def number(self, what: str) -> Number:
        """The next token, a finite number."""
        token = next(self._tokens, None)
        if not isinstance(token, Number):
            raise self.corrupt(f"a number: {what}", token)
        return token

    def count(self, what: str) -> int:
        """The next token, a number of things, no more than the rest of the file can hold."""
        number = self.number(what).value
        if not number.is_integer() or not 0 <= number <= len(self._text):
            raise self.corrupt(f"a whole number: {what}", f"{number:g}")
        return int(number)

    def label(self, what: str) -> str:
        """The next token, a text; quotes that were doubled are single in it."""
        token = next(self._tokens, None)
        if not isinstance(token, str):
            raise self.corrupt(f"a text in quotes: {what}", token)
        return token

    def corrupt(self, expected: str, got: object) -> CorruptSubtitles:
        """The error of the line that was read last."""
        told = "the end of the file" if got is None else _told(got)
        line = line_number(self._text, self._place)
        return CorruptSubtitles(
            f"expected {expected}, got {told} in line {line}", param="subtitles", line=line
        )

    def _free_ones(self) -> Iterator[Number | str]:
        for match in _TOKEN.finditer(self._text):
            self._place = match.start()
            label, closing, word = match.groups()
            if label is not None:
                if not closing:
                    raise self.corrupt("a text that ends with a quote", "none")
                yield label.replace('""', '"')
            elif word is not None and _NUMBER.fullmatch(word) and math.isfinite(float(word)):
                yield Number(float(word), match.start(), match.end())
        self._place = len(self._text)


def _told(got: object) -> str:
    return f"the number {got.value:g}" if isinstance(got, Number) else f"{str(got)[:80]!r}"
