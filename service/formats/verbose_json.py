"""OpenAI's verbose_json, of its transcription API."""

import json
import math
import zlib
from typing import Any, Final

from service.formats.document import LEAST_SCORE, Document
from service.formats.options import FormatOptions
from service.spans import Segment, Word

TASK: Final = "transcribe"


def write_verbose_json(document: Document, _: FormatOptions) -> str:
    """Words and segments both."""
    return json.dumps(verbose_json(document), ensure_ascii=False)


def verbose_json(document: Document) -> dict[str, Any]:
    """The object. `score` and `status` are ours; start and end are null of what was not found."""
    return {
        "task": TASK,
        "language": document.language,
        "duration": round(document.duration_sec, 3),
        "text": document.text,
        "words": [_word(word) for word in document.words],
        "segments": [_segment(index, item) for index, item in enumerate(document.segments)],
        "usage": {"type": "duration", "seconds": math.ceil(document.duration_sec)},
    }


def _word(word: Word) -> dict[str, Any]:
    times = {"word": word.word, "start": word.start, "end": word.end}
    return {**times, "score": word.score, "status": word.status}


def _segment(index: int, segment: Segment) -> dict[str, Any]:
    """All that the specification requires. `avg_logprob` is log(score), 0 where there is none. A
    CTC model samples nothing, decodes no text tokens, and does not guess whether there is speech:
    `temperature`, `tokens`, `seek` and `no_speech_prob` say so with their empty values.
    """
    return {
        "id": index,
        "seek": 0,
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": _log(segment.score),
        "compression_ratio": _compression_ratio(segment.text),
        "no_speech_prob": 0.0,
        "score": segment.score,
        "status": segment.status,
    }


def _log(score: float | None) -> float:
    return 0.0 if score is None else round(math.log(max(score, LEAST_SCORE)), 4)


def _compression_ratio(text: str) -> float:
    """As whisper has it: high where a text repeats itself."""
    content = text.encode()
    return round(len(content) / len(zlib.compress(content)), 4)
