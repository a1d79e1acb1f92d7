"""Lines and sentences of a given text."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from service.text.spoken.folding import folded
from service.text.spoken.languages import LANGUAGES
from service.text.written import WrittenSegment, WrittenWord

Division = Literal["sentence", "line"]

_LINE_BREAK: Final = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# With the quotes and brackets that close what it ends.
_SENTENCE_END: Final = re.compile(
    r"[.?!…।॥׃؟][\"'”’״׳»)\]}\u200e\u200f\u202a-\u202e\u2066-\u2069]*$"
)
_INITIAL: Final = re.compile(r"(?:[A-Za-z]\.)+")
_LONGEST_SHORT: Final = 20  # characters of an abbreviation
_LIST_NUMBER: Final = re.compile(r"\(?\d{1,3}[.)]+")


def segments_of(
    text: str, words: Sequence[WrittenWord], language: str, by: Division
) -> tuple[WrittenSegment, ...]:
    """Divide a text's words at its line breaks, and by="sentence" after what ends a sentence.

    That is a full stop or its like before the space; not after an abbreviation or an initial, and
    not after the number that begins an item of a list.
    """
    return tuple(_segments(text, words, language, by))


def _segments(
    text: str, words: Sequence[WrittenWord], language: str, by: Division
) -> Iterator[WrittenSegment]:
    first, begins_line = 0, True
    for index, word in enumerate(words):
        last = index + 1 == len(words)
        space = "" if last else text[word.char_end : words[index + 1].char_start]
        line_ends = _LINE_BREAK.search(space) is not None
        ends = last or line_ends
        if ends or (
            by == "sentence" and _ends_sentence(word.text, language, is_first=index == first)
        ):
            start = words[first].char_start
            passage = text[start : word.char_end]
            yield WrittenSegment(passage, start, word.char_end, first, index, begins_line)
            first, begins_line = index + 1, line_ends


def _ends_sentence(word: str, language: str, *, is_first: bool) -> bool:
    if not _SENTENCE_END.search(word):
        return False
    if is_first and _LIST_NUMBER.fullmatch(word):
        return False
    return not _is_shortened(word, language)


def _is_shortened(word: str, language: str) -> bool:
    """Whether its full stop is that of an abbreviation or an initial."""
    if not word.endswith(".") or word.endswith("..") or len(word) > _LONGEST_SHORT:
        return False
    known = LANGUAGES.get(language)
    core = folded(word).text.lstrip("\"'([{«")
    if _INITIAL.fullmatch(core):
        return True
    if known is None:
        return False
    initials = known.initials.fullmatch(core[:-1]) if known.initials else None
    return core in known.expansions or initials is not None
