"""The given text as words with their places, and as the targets of an alignment."""

import functools
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.text import hebrew, hindi
from service.text.vocabulary import SpelledToken, Vocabulary

Spell = Callable[[str], str]  # a written character -> its letters, or the BREAK that it makes

_WORD: Final = re.compile(r"\S+")
_SPELLERS: Final[Mapping[str, Spell]] = {"he": hebrew.spell, "hi": hindi.spell}


@dataclass(frozen=True)
class Target:
    """A token to be aligned.

    places: of the text's characters that it speaks, ascending; none for what parts words.
    """

    token: int
    places: tuple[int, ...]


@dataclass(frozen=True)
class WrittenWord:
    """A whitespace-separated piece of the given text, and its tokens [first, last] among the
    targets; both are None where the model can speak nothing of it.
    """

    text: str
    char_start: int
    char_end: int
    first: int | None
    last: int | None


@dataclass(frozen=True)
class WrittenText:
    """words: every word in order; targets: what is spoken of them, and of the space between."""

    words: tuple[WrittenWord, ...]
    targets: tuple[Target, ...]

    @property
    def tokens(self) -> NDArray[np.int64]:
        """int64 [L]: the targets' tokens."""
        return np.array([target.token for target in self.targets], dtype=np.int64)


def written_text(text: str, language: str, vocabulary: Vocabulary) -> WrittenText:
    """Split a text into words and spell each with the vocabulary.

    Characters that have no token are left out; a word with none left has no targets. The parts of a
    word that a maqaf, a hyphen or a comma joins are spelled as words of their own.
    """
    # A text repeats its characters and words: each is looked at once.
    spell = functools.cache(_SPELLERS.get(language, str))
    tokens_of = functools.cache(vocabulary.spell)
    targets: list[Target] = []
    words = []
    for match in _WORD.finditer(text):
        spoken = _spell_word(
            match.group(), match.start(), spell, tokens_of, vocabulary.separator_id
        )
        first = last = None
        if spoken:
            targets += _separator(targets, vocabulary.separator_id)
            first, last = len(targets), len(targets) + len(spoken) - 1
            targets += spoken
        words.append(WrittenWord(match.group(), match.start(), match.end(), first, last))
    return WrittenText(tuple(words), tuple(targets))


def _spell_word(
    word: str,
    char_start: int,
    spell: Spell,
    tokens_of: Callable[[str], list[SpelledToken]],
    separator_id: int | None,
) -> list[Target]:
    """The targets of one word, which begins at `char_start` in the text."""
    spelled = [
        (letter, place) for place, char in enumerate(word, char_start) for letter in spell(char)
    ]
    letters = _canonical(letter for letter, _ in spelled)
    targets: list[Target] = []
    for part in _WORD.finditer(letters):
        tokens = tokens_of(part.group())
        if tokens:
            targets += _separator(targets, separator_id)
        places = [place for _, place in spelled[part.start() : part.end()]]
        targets += [
            Target(token, tuple(dict.fromkeys(places[index] for index in spoken)))
            for token, spoken in tokens
        ]
    return targets


def _canonical(letters: Iterable[str]) -> str:
    """With each letter's marks in Unicode's order, a nukta before a virama, whichever was typed."""
    runs = itertools.groupby(letters, key=lambda letter: unicodedata.combining(letter) > 0)
    return "".join(
        "".join(sorted(run, key=unicodedata.combining) if marks else run) for marks, run in runs
    )


def _separator(before: list[Target], separator_id: int | None) -> list[Target]:
    """What stands between the targets before and those that come, if anything does."""
    if not before or separator_id is None:
        return []
    return [Target(separator_id, ())]
