"""The JSON of whisperX: segments with their words and characters, and all words again."""

import json
from typing import Any

from service.formats.document import Document
from service.formats.options import FormatOptions
from service.spans import Character, Segment, Word


def write_whisperx(document: Document, _: FormatOptions) -> str:
    """As whisperX has it, but no key goes missing: what has no time has null there, and `status`
    says why. `chars` has no spaces, and is null where characters were not asked for.
    """
    answer = {
        "segments": [_segment(document, item) for item in document.segments],
        "word_segments": [_word(item) for item in document.words],
        "language": document.language,
    }
    return json.dumps(answer, ensure_ascii=False)


def _segment(document: Document, segment: Segment) -> dict[str, Any]:
    chars = None
    if document.characters is not None:
        chars = [_char(item) for item in document.characters_of(segment)]
    words = [_word(item) for item in document.words_of(segment)]
    return {**_times(segment), "text": segment.text, "words": words, "chars": chars}


def _word(word: Word) -> dict[str, Any]:
    return {"word": word.word, **_times(word)}


def _char(character: Character) -> dict[str, Any]:
    return {"char": character.char, **_times(character)}


def _times(item: Segment | Word | Character) -> dict[str, Any]:
    return {"start": item.start, "end": item.end, "score": item.score, "status": item.status}
