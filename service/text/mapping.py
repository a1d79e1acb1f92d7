"""The given text as words with their places, and as the targets of an alignment."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.text import hebrew
from service.text.vocabulary import Vocabulary

_WORD: Final = re.compile(r"\S+")
_SPELLERS: Final[Mapping[str, Callable[[str], str]]] = {"he": hebrew.spell}


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
    """words: every word in order; targets: int64 [L], words joined by the delimiter."""

    words: tuple[WrittenWord, ...]
    targets: NDArray[np.int64]


def written_text(text: str, language: str, vocabulary: Vocabulary) -> WrittenText:
    """Split a text into words and spell each with the vocabulary.

    Characters that have no token are left out; a word with none left has no targets. The parts of a
    word that a maqaf joins are spelled with a delimiter between them.
    """
    spell = _SPELLERS.get(language, str)
    targets: list[int] = []
    words = []
    for match in _WORD.finditer(text):
        tokens = _spell_word(match.group(), spell, vocabulary)
        first = last = None
        if tokens:
            if targets:
                targets.append(vocabulary.delimiter_id)
            first, last = len(targets), len(targets) + len(tokens) - 1
            targets += tokens
        words.append(WrittenWord(match.group(), match.start(), match.end(), first, last))
    return WrittenText(tuple(words), np.array(targets, dtype=np.int64))


def _spell_word(word: str, spell: Callable[[str], str], vocabulary: Vocabulary) -> list[int]:
    tokens: list[int] = []
    for part in "".join(map(spell, word)).split():
        letters = [token for token in map(vocabulary.id_of, part) if token is not None]
        if letters and tokens:
            tokens.append(vocabulary.delimiter_id)
        tokens += letters
    return tokens
