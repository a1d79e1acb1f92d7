"""The given text as words with their places, each with the ways in which it may be said."""

import re
from collections.abc import Mapping
from typing import Final

from service.text.segments import Division, segments_of
from service.text.speaker import Speaker
from service.text.vocabulary import Vocabulary
from service.text.written import WrittenText, WrittenWord

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
    found = list(_WORD.finditer(text))
    words = []
    for index, match in enumerate(found):
        follower = found[index + 1].group() if index + 1 < len(found) else ""
        readings = speaker.readings(match.group(), follower)
        words.append(WrittenWord(match.group(), match.start(), match.end(), readings))
    divided = segments_of(text, words, language, segments)
    return WrittenText(text, tuple(words), divided, vocabulary.separator_id)
