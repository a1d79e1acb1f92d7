"""The given text as words with their places, and as the targets of an alignment."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.text import hebrew, hindi
from service.text.vocabulary import Vocabulary

_WORD: Final = re.compile(r"\S+")
_SPELLERS: Final[Mapping[str, Callable[[str], str]]] = {"he": hebrew.spell, "hi": hindi.spell}


@dataclass(frozen=True)
class Target:
    """A token to be aligned, and the characters [char_start, char_end) of the text that it speaks:
    none for what parts words.
    """

    token: int
    char_start: int
    char_end: int


@dataclass(frozen=True)
class WrittenWord:
    """A whitespace-separated piece of the given text, and its tokens [first, last] among the
    targets; `first` is None where the model can speak nothing of it.
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
    word that a maqaf or a hyphen joins are spelled as words of their own.
    """
    spell = _SPELLERS.get(language, str)
    targets: list[Target] = []
    words = []
    for match in _WORD.finditer(text):
        spoken = _spell_word(match.group(), match.start(), spell, vocabulary)
        first = last = None
        if spoken:
            if targets:
                targets += _separator(vocabulary, match.start())
            first, last = len(targets), len(targets) + len(spoken) - 1
            targets += spoken
        words.append(WrittenWord(match.group(), match.start(), match.end(), first, last))
    return WrittenText(tuple(words), tuple(targets))


def _spell_word(
    word: str, offset: int, spell: Callable[[str], str], vocabulary: Vocabulary
) -> list[Target]:
    """`offset`: the word's place in the text."""
    spelled = [(letter, place) for place, char in enumerate(word, offset) for letter in spell(char)]
    letters = "".join(letter for letter, _ in spelled)
    places = [place for _, place in spelled]
    targets: list[Target] = []
    for part in _WORD.finditer(letters):
        tokens = vocabulary.spell(part.group())
        if tokens and targets:
            targets += _separator(vocabulary, targets[-1].char_end)
        here = [*places[part.start() : part.end()], places[part.end() - 1] + 1]
        targets += [
            Target(token, here[begin], here[end - 1] + 1 if end > begin else here[begin])
            for token, begin, end in tokens
        ]
    return targets


def _separator(vocabulary: Vocabulary, place: int) -> list[Target]:
    if vocabulary.separator_id is None:
        return []
    return [Target(vocabulary.separator_id, place, place)]
