"""Texts that are not quite what was said."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from numpy.random import Generator

CUT: Final = 3  # words that a text lacks, at each place where it lacks some
LEAST_WORDS: Final = 9  # of what is said, for words to be cut
MOST_INSERTED: Final = 4
FOREIGN: Final = "Kolvani"  # no model here can spell it


class Variant(NamedTuple):
    """A text, and which of the said words each of its words is; None for one that was not said."""

    words: tuple[str, ...]
    said: tuple[int | None, ...]


def exact(words: Sequence[str]) -> Variant:
    """What was said."""
    return Variant(tuple(words), tuple(range(len(words))))


def without_ends(words: Sequence[str]) -> Variant | None:
    """Without the first and the last words; None if too few are left."""
    return _part(words, range(CUT, len(words) - CUT))


def middle(words: Sequence[str]) -> range:
    """The words that a text without its middle lacks."""
    begin = len(words) // 2 - CUT // 2
    return range(begin, begin + CUT)


def without_middle(words: Sequence[str]) -> Variant | None:
    """Without some words in the middle; None if too few are left."""
    lacking = middle(words)
    return _part(words, [index for index in range(len(words)) if index not in lacking])


def with_foreign(words: Sequence[str]) -> Variant:
    """The middle one written in a script that the model cannot spell."""
    place = len(words) // 2
    return Variant((*words[:place], FOREIGN, *words[place + 1 :]), tuple(range(len(words))))


def with_inserted(words: Sequence[str], other: Sequence[str], random: Generator) -> Variant:
    """One to four words in a row of another sentence at any place."""
    count = min(int(random.integers(1, MOST_INSERTED + 1)), len(other))
    begin = int(random.integers(len(other) - count + 1))
    return _inserted(words, other[begin : begin + count], int(random.integers(len(words) + 1)))


def with_sentence(words: Sequence[str], other: Sequence[str], random: Generator) -> Variant:
    """A whole other sentence before, within or after."""
    places = (0, len(words) // 2, len(words))
    return _inserted(words, other, int(random.choice(places)))


def replaced(
    words: Sequence[str], other: Sequence[str], share: float, random: Generator
) -> Variant:
    """About a share of the words, any of them, replaced by words of another sentence."""
    kept = random.random(len(words)) >= share
    return Variant(
        tuple(
            word if keep else other[int(random.integers(len(other)))]
            for word, keep in zip(words, kept, strict=True)
        ),
        tuple(index if keep else None for index, keep in enumerate(kept)),
    )


def mismatched(other: Sequence[str]) -> Variant:
    """Another sentence."""
    return Variant(tuple(other), (None,) * len(other))


def shuffled(words: Sequence[str], random: Generator) -> Variant:
    """The right words in random order."""
    order = [int(index) for index in random.permutation(len(words))]
    return Variant(tuple(words[index] for index in order), tuple(order))


def alike(sentences: Sequence[Sequence[str]], index: int) -> Sequence[str]:
    """Of other sentences, the one whose length in letters is nearest."""
    length = _letters(sentences[index])
    others = [other for other in sentences if set(other) != set(sentences[index])]
    return min(others, key=lambda other: abs(_letters(other) - length))


def _letters(words: Sequence[str]) -> int:
    return sum(map(len, words))


def _part(words: Sequence[str], kept: Sequence[int]) -> Variant | None:
    if len(words) < LEAST_WORDS:
        return None
    return Variant(tuple(words[index] for index in kept), tuple(kept))


def _inserted(words: Sequence[str], other: Sequence[str], place: int) -> Variant:
    before, after = range(place), range(place, len(words))
    return Variant(
        (*words[:place], *other, *words[place:]), (*before, *[None] * len(other), *after)
    )
