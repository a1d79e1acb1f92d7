"""A given text as words, each with the ways in which it may be said."""

from dataclasses import dataclass
from typing import Final

MAX_READINGS: Final = 8  # of one word


@dataclass(frozen=True, slots=True)
class Target:
    """A token to be aligned.

    places: of the characters that it speaks, ascending, from the word's first in a reading and from
    the text's first in a lineup; none for what parts words.
    """

    token: int
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to say a word.

    text: as it is said, "אלפיים עשרים וארבע" for "2024"; a plain word's letters.
    targets: its tokens, separators between its parts included.
    free: positions in 0..len(targets), ascending, where something stands that is said and that the
    model cannot spell: j is before target j. Where that is between two parts, it is free on both
    sides of the separator.
    """

    text: str
    targets: tuple[Target, ...]
    free: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenWord:
    """A whitespace-separated piece of the given text: text[char_start:char_end].

    readings: best guess first, at least one, at most MAX_READINGS, no two with the same tokens
    and free positions; equal words share them. A word of which the model can speak nothing has one
    without targets.
    """

    text: str
    char_start: int
    char_end: int
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class WrittenSegment:
    """A line or a sentence: the words [first, last], both included, and the text that they span.

    begins_line: whether a line break stands before it; true of the first.
    """

    text: str
    char_start: int
    char_end: int
    first: int
    last: int
    begins_line: bool


@dataclass(frozen=True, slots=True)
class WrittenText:
    """text: as it was given; words: every word in order; segments: each word in one; separator_id:
    the token between words, None where the vocabulary has none.
    """

    text: str
    words: tuple[WrittenWord, ...]
    segments: tuple[WrittenSegment, ...]
    separator_id: int | None
