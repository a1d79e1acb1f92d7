"""Spoken letters to the targets of a reading, each with its places in the given text."""

import itertools
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from service.text.punctuation import is_said
from service.text.vocabulary import SpelledToken
from service.text.written import Reading, Target

Tokens = Callable[[str], Sequence[SpelledToken]]  # the letters of one spoken word -> its tokens

_PART: Final = re.compile(r"\S+")


class Sound(NamedTuple):
    """A spoken letter, or the space between two words, and the written characters that it is for.

    places are ascending, and those of a word's sounds are, too.
    """

    letter: str
    places: tuple[int, ...]


def reading_of(sounds: Sequence[Sound], tokens_of: Tokens, separator_id: int | None) -> Reading:
    """The reading that says these sounds: a separator between its words, and a free position for
    each letter that is said and has no token.
    """
    letters = _canonical(sound.letter for sound in sounds)
    row = _Row(separator_id)
    for part in _PART.finditer(letters):
        row.add(sounds[part.start() : part.end()], tokens_of(part.group()))
    text = " ".join(letters.split())
    return Reading(text, tuple(row.targets), tuple(sorted(row.free)))


class _Row:
    """The targets of a word's parts as they are put one behind the other."""

    def __init__(self, separator_id: int | None) -> None:
        self.targets: list[Target] = []
        self.free: set[int] = set()
        self._separator_id = separator_id

    def add(self, sounds: Sequence[Sound], tokens: Sequence[SpelledToken]) -> None:
        """Put a part's tokens behind the last, and note where its sounds have none."""
        gaps = _gaps(sounds, tokens)
        if 0 in gaps:
            self.free.add(len(self.targets))
        if not tokens:
            return
        self._part()
        self.free.update(len(self.targets) + gap for gap in gaps)
        self.targets += [Target(token, _places(sounds, spoken)) for token, spoken in tokens]

    def _part(self) -> None:
        """Put the separator; what is free before it is free after it."""
        if self.targets and self._separator_id is not None:
            gap = len(self.targets) in self.free
            self.targets.append(Target(self._separator_id, ()))
            if gap:
                self.free.add(len(self.targets))


def _places(sounds: Sequence[Sound], spoken: Iterable[int]) -> tuple[int, ...]:
    """Of all that a token speaks, each once."""
    return tuple(dict.fromkeys(place for index in spoken for place in sounds[index].places))


def _gaps(sounds: Sequence[Sound], tokens: Sequence[SpelledToken]) -> set[int]:
    """Before which of a part's tokens there are sounds without one that are said."""
    heard = {index for token in tokens for index in token.spoken}
    if len(heard) == len(sounds):
        return set()
    unheard = (index for index in range(len(sounds)) if index not in heard)
    ends = _ends(tokens, len(sounds))
    return {bisect_left(ends, index) for index in unheard if is_said(sounds[index].letter)}


def _ends(tokens: Sequence[SpelledToken], end: int) -> list[int]:
    """The last sound of each token; a mere word mark belongs to the token that follows."""
    ends: list[int] = []
    for token in reversed(tokens):
        end = token.spoken[-1] if token.spoken else end
        ends.append(end)
    return ends[::-1]


def _canonical(letters: Iterable[str]) -> str:
    """With each letter's marks in Unicode's order, a nukta before a virama, whichever was typed."""
    runs = itertools.groupby(letters, key=lambda letter: unicodedata.combining(letter) > 0)
    return "".join(
        "".join(sorted(run, key=unicodedata.combining) if marks else run) for marks, run in runs
    )
