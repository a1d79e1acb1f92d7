"""Spoken letters to the targets of a reading, each with its places in the given text."""

import itertools
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Final

from service.text.punctuation import is_said
from service.text.vocabulary import SpelledToken
from service.text.written import Reading, Target

Tokens = Callable[[str], Sequence[SpelledToken]]  # the letters of one spoken word -> its tokens
Places = tuple[int, ...]  # of characters in the text, ascending

_PART: Final = re.compile(r"\S+")


def reading_of(
    letters: str, places: Sequence[Places], tokens_of: Tokens, separator_id: int | None
) -> Reading:
    """The reading that says these letters, spaces between words: a separator between its words, and
    a free position for each letter that is said and has no token.

    places: of each letter, the written characters that it is for.
    """
    ordered = _canonical(letters)
    row = _Row(separator_id)
    for part in _PART.finditer(ordered):
        row.add(part.group(), places[part.start() : part.end()], tokens_of(part.group()))
    text = " ".join(filter(None, row.words))
    return Reading(text, tuple(row.targets), tuple(sorted(row.free)))


class _Row:
    """The targets of a word's parts as they are put one behind the other."""

    def __init__(self, separator_id: int | None) -> None:
        self.words: list[str] = []  # without what is silent
        self.targets: list[Target] = []
        self.free: set[int] = set()
        self._separator_id = separator_id

    def add(self, letters: str, places: Sequence[Places], tokens: Sequence[SpelledToken]) -> None:
        """Put a part's tokens behind the last, and note which letters have none."""
        heard = {index for token in tokens for index in token.spoken}
        gaps: set[int] = set()
        if len(heard) < len(letters):
            gaps = _gaps(letters, tokens, heard)
            letters = "".join(
                letter for index, letter in enumerate(letters) if index in heard or is_said(letter)
            )
        self.words.append(letters)
        if 0 in gaps:
            self.free.add(len(self.targets))
        if tokens:
            self._part()
            self.free.update(len(self.targets) + gap for gap in gaps)
            self.targets += [Target(token, _joined(places, spoken)) for token, spoken in tokens]

    def _part(self) -> None:
        """Put the separator; what is free before it is free after it."""
        if self.targets and self._separator_id is not None:
            gap = len(self.targets) in self.free
            self.targets.append(Target(self._separator_id, ()))
            if gap:
                self.free.add(len(self.targets))


def _joined(places: Sequence[Places], spoken: Sequence[int]) -> Places:
    """Of all that a token speaks, each once."""
    if not spoken:
        return ()
    first = places[spoken[0]]
    if all(places[index] is first for index in spoken):  # the letters of a number are for all of it
        return first
    return tuple(dict.fromkeys(place for index in spoken for place in places[index]))


def _gaps(letters: str, tokens: Sequence[SpelledToken], heard: set[int]) -> set[int]:
    """Before which of a part's tokens there are letters without one that are said."""
    ends = _ends(tokens, len(letters))
    return {
        bisect_left(ends, index)
        for index, letter in enumerate(letters)
        if index not in heard and is_said(letter)
    }


def _ends(tokens: Sequence[SpelledToken], end: int) -> list[int]:
    """The last letter of each token; a mere word mark belongs to the token that follows."""
    ends: list[int] = []
    for token in reversed(tokens):
        end = token.spoken[-1] if token.spoken else end
        ends.append(end)
    return ends[::-1]


def _canonical(letters: str) -> str:
    """With each letter's marks in Unicode's order, a nukta before a virama, whichever was typed."""
    if not any(map(unicodedata.combining, letters)):
        return letters
    runs = itertools.groupby(letters, key=lambda letter: unicodedata.combining(letter) > 0)
    return "".join(
        "".join(sorted(run, key=unicodedata.combining) if marks else run) for marks, run in runs
    )
