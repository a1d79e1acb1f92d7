"""The given text as words with their places, each with the ways in which it may be said."""

import functools
import re
from collections.abc import Mapping
from typing import Final

from service.text.segments import Division, segments_of
from service.text.speaker import Speaker
from service.text.vocabulary import Vocabulary
from service.text.written import Reading, Target, WrittenText, WrittenWord

_WORD: Final = re.compile(r"\S+")
_NO_PRONUNCIATIONS: Final[Mapping[str, str]] = {}


def written_text(
    text: str,
    language: str,
    vocabulary: Vocabulary,
    *,
    pronunciations: Mapping[str, str] = _NO_PRONUNCIATIONS,
    segments: Division = "sentence",
) -> WrittenText:
    """Split a text into words and find how each may be said and spelled with the vocabulary.

    Numbers, abbreviations and symbols are said in full, in several ways where there are several.
    What has no token leaves a free position. The parts of a word that a maqaf, a hyphen or a comma
    joins are spelled as words of their own. pronunciations: how a word, or a part of it, is written
    -> how it is said, in the model's letters.

    Raises InvalidField for pronunciations that are too many, empty, too long, or unspeakable.
    """
    speaker = Speaker(language, vocabulary, pronunciations)
    # A text repeats its words: each is looked at once.
    readings = functools.cache(speaker.readings)
    found = list(_WORD.finditer(text))
    words = []
    for index, match in enumerate(found):
        follower = found[index + 1].group() if index + 1 < len(found) else ""
        spoken = readings(match.group(), speaker.hint(match.group(), follower))
        placed = tuple(_moved(reading, match.start()) for reading in spoken)
        words.append(WrittenWord(match.group(), match.start(), match.end(), placed))
    divided = segments_of(text, words, language, segments)
    return WrittenText(text, tuple(words), divided, vocabulary.separator_id)


def _moved(reading: Reading, by: int) -> Reading:
    """The reading of a word that begins at `by` in the text."""
    targets = tuple(
        Target(target.token, tuple(place + by for place in target.places))
        for target in reading.targets
    )
    return Reading(reading.text, targets, reading.free)
