"""Subtitles made from words.

A cue ends with its segment, at a pause, and where the next word would make it too long or too wide.
A segment is divided into as few cues as can be, preferably after a mark of punctuation, and into
parts of about the same width.

A cue begins with its first word that has a time and ends with its last. An interpolated word's time
counts like an aligned one's, but for a dash or an emoji: its time is the gap it stands in, which
may be a long silence. Such a word, and one that was not found, stays in the text, with the word
before it, or at the beginning of a segment with the word after it, even where that takes more lines
than a cue should have. A segment in which no word has a time is in no cue.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from service.formats.document import Document
from service.formats.labels import one_line
from service.formats.lines import balanced, width_of
from service.formats.options import FormatOptions
from service.formats.spacing import Span, apart
from service.spans import Word

MS: Final = 1000  # a second
PAUSE_MS: Final = 1000  # between two words, that ends a cue
PUNCTUATION: Final = (",", ".", ";", ":", "?", "!", "…", "।", "॥", "׃", "–", "—")
ODD_BREAK: Final = 0.25  # of the square of a cue's room: what a break without punctuation costs


@dataclass(frozen=True)
class CueWord:
    """A word on one line; times in milliseconds, None where it was not found."""

    text: str
    times: tuple[int, int] | None


@dataclass(frozen=True)
class TimedCue:
    """Lines of words, and when they are shown, in milliseconds; `end` is after `start`."""

    lines: tuple[tuple[CueWord, ...], ...]
    start: int
    end: int


def cues_of(document: Document, options: FormatOptions) -> tuple[TimedCue, ...]:
    """The cues of a document in the order of time; none overlaps another."""
    held = [
        piece
        for segment in document.segments
        for piece in _pieces(document.words_of(segment), options)
    ]
    limit = round(options.max_cue_sec * MS)
    spans = [Span(piece[0].start, min(piece[-1].end, piece[0].start + limit)) for piece in held]
    last = round(document.duration_sec * MS)
    return tuple(
        TimedCue(_lines(piece, options), span.start, span.end)
        for piece, span in zip(held, apart(spans, last), strict=True)
    )


class _Atom(NamedTuple):
    """A word with a time, and the words without that stay with it; times in milliseconds."""

    words: tuple[CueWord, ...]
    widths: tuple[int, ...]
    start: int
    end: int


_Piece = Sequence[_Atom]


def _pieces(words: Sequence[Word], options: FormatOptions) -> Iterator[_Piece]:
    """The words of a segment, divided into cues."""
    atoms = _atoms(words)
    pauses = [
        place
        for place, (one, other) in enumerate(itertools.pairwise(atoms), 1)
        if other.start - one.end >= PAUSE_MS
    ]
    for first, end in itertools.pairwise([0, *pauses, len(atoms)] if atoms else []):
        yield from _divided(atoms[first:end], options)


def _atoms(words: Sequence[Word]) -> list[_Atom]:
    shown = [_cue_word(word) for word in words]
    timed = [place for place, word in enumerate(shown) if word.times is not None]
    timed = [place for place in timed if _is_said(words[place])] or timed
    starts = [0, *timed[1:], len(shown)]
    atoms = []
    for place, (first, end) in zip(timed, itertools.pairwise(starts), strict=False):
        held = tuple(shown[first:end])
        start, over = shown[place].times or (0, 0)
        atoms.append(_Atom(held, tuple(width_of(word.text) for word in held), start, over))
    return atoms


def _is_said(word: Word) -> bool:
    return word.status == "aligned" or any(map(str.isalnum, word.word))


def _cue_word(word: Word) -> CueWord:
    times = None
    if word.start is not None and word.end is not None:
        times = round(word.start * MS), round(word.end * MS)
    return CueWord(one_line(word.word), times)


def _divided(atoms: Sequence[_Atom], options: FormatOptions) -> Iterator[_Piece]:
    """As few parts that fit as there can be, and of those the ones with the least squares of their
    widths, where a break after a word without punctuation costs something, too.
    """
    room = (options.max_line_width * options.max_line_count) ** 2
    ends = [0] * len(atoms)
    costs = [(0, 0.0)] * (len(atoms) + 1)
    for first in reversed(range(len(atoms))):
        options_here = []
        for end, width in _fitting(atoms, first, options):
            count, badness = costs[end]
            odd = end < len(atoms) and not atoms[end - 1].words[-1].text.endswith(PUNCTUATION)
            options_here.append(((count + 1, badness + width**2 + odd * ODD_BREAK * room), end))
        costs[first], ends[first] = min(options_here)
    place = 0
    while place < len(atoms):
        yield atoms[place : ends[place]]
        place = ends[place]


def _fitting(
    atoms: Sequence[_Atom], first: int, options: FormatOptions
) -> Iterator[tuple[int, int]]:
    """Where a cue that begins with an atom may end, and how wide all of it is; one atom fits."""
    limit = atoms[first].start + round(options.max_cue_sec * MS)
    lines, room, total = 0, -1, 0
    for end in range(first + 1, len(atoms) + 1):
        atom = atoms[end - 1]
        for width in atom.widths:
            total += width + 1
            room -= width + 1
            if room < 0:
                lines, room = lines + 1, options.max_line_width - width
        if end > first + 1 and (lines > options.max_line_count or atom.end > limit):
            return
        yield end, total


def _lines(piece: _Piece, options: FormatOptions) -> tuple[tuple[CueWord, ...], ...]:
    words = [word for atom in piece for word in atom.words]
    widths = [width for atom in piece for width in atom.widths]
    starts = balanced(widths, options.max_line_width)
    return tuple(
        tuple(words[first:end]) for first, end in itertools.pairwise([*starts, len(words)])
    )
