"""The given text as words with their places, each with the ways in which it may be said."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from service.text.room import Room
from service.text.segments import Division, segments_of
from service.text.speaker import Speaker
from service.text.vocabulary import Vocabulary
from service.text.written import WrittenText, WrittenWord

_WORD: Final = re.compile(r"\S+")
_WORDS_A_CALL: Final = 256  # of on_progress
_NO_PRONUNCIATIONS: Final[Mapping[str, str]] = {}


def written_text(
    text: str,
    language: str,
    vocabulary: Vocabulary,
    *,
    pronunciations: Mapping[str, str] = _NO_PRONUNCIATIONS,
    segments: Division = "sentence",
    frames: int | None = None,
    on_progress: Callable[[], None] = lambda: None,
) -> WrittenText:
    """Split a text into words and find how each may be said and spelled with the vocabulary.

    Numbers, abbreviations and symbols are said in full, in several ways where there are several.
    What has no token leaves a free position. The parts of a word that a maqaf, a hyphen or a comma
    joins are spelled as words of their own. With phonemes, the text or the pronunciations are in
    them, and nothing is said in full. pronunciations: how a word, or a part of it, is written ->
    how it is said, in the model's letters or phonemes. frames: of the audio, if there are only so
    many for the words' first readings. on_progress is called every few words; what it raises ends
    all.

    Raises InvalidField for pronunciations that are too many, empty, too long, or unspeakable, and
    TranscriptTooLong as soon as the words so far do not fit the frames.
    """
    speaker = Speaker(language, vocabulary, pronunciations)
    room = Room(frames, vocabulary.separator_id)
    words: list[WrittenWord] = []
    for match, follower in _with_followers(text):
        if len(words) % _WORDS_A_CALL == 0:
            on_progress()
        readings = speaker.readings(match.group(), follower)
        room.add(readings[0])
        words.append(WrittenWord(match.group(), match.start(), match.end(), readings))
    divided = segments_of(text, words, language, segments)
    return WrittenText(text, tuple(words), divided, vocabulary.separator_id)


def _with_followers(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each word, and the next; "" after the last."""
    found = _WORD.finditer(text)
    word = next(found, None)
    while word is not None:
        follower = next(found, None)
        yield word, follower.group() if follower else ""
        word = follower
