import json
import math

from documents import documents
from hypothesis import given

from service.formats.document import Document
from service.formats.options import FormatOptions
from service.formats.table import render

# What OpenAI's specification requires of a segment.
REQUIRED = {
    "id": int, "seek": int, "start": float, "end": float, "text": str, "tokens": list,
    "temperature": float, "avg_logprob": float, "compression_ratio": float,
    "no_speech_prob": float,
}  # fmt: skip


@given(documents())
def test_verbose_json_has_every_required_field(written: Document) -> None:
    """Of the right kind; times are null only where nothing was found, and a status says so."""
    answer = json.loads(render(written, "verbose_json", FormatOptions()))
    assert (answer["task"], answer["language"], answer["text"]) == (
        "transcribe",
        "he",
        written.text,
    )
    assert answer["duration"] == written.duration_sec
    assert answer["usage"] == {"type": "duration", "seconds": math.ceil(written.duration_sec)}
    assert [word["word"] for word in answer["words"]] == [word.word for word in written.words]
    assert [item["text"] for item in answer["segments"]] == [s.text for s in written.segments]
    assert [item["id"] for item in answer["segments"]] == list(range(len(written.segments)))
    for item in (*answer["words"], *answer["segments"]):
        absent = item["status"] == "not_found"
        assert (item["start"] is None) == (item["end"] is None) == absent
        assert item["score"] is None or item["status"] == "aligned"
    for item in answer["segments"]:
        for field, kind in REQUIRED.items():
            lacks = field in {"start", "end"} and item["status"] == "not_found"
            assert lacks or isinstance(item[field], (kind, int) if kind is float else kind)
        if item["score"] is not None:
            assert math.exp(item["avg_logprob"]) == item["score"] or math.isclose(
                math.exp(item["avg_logprob"]), item["score"], abs_tol=1e-4
            )


@given(documents())
def test_whisperx_has_segments_words_and_characters(written: Document) -> None:
    """Each word twice, with every key; characters with their segment, or null if there are none."""
    answer = json.loads(render(written, "whisperx", FormatOptions()))
    assert set(answer) == {"segments", "word_segments", "language"}
    words = [word for item in answer["segments"] for word in item["words"]]
    assert words == answer["word_segments"]
    assert [(word["word"], word["start"], word["end"], word["score"]) for word in words] == [
        (word.word, word.start, word.end, word.score) for word in written.words
    ]
    for item, segment in zip(answer["segments"], written.segments, strict=True):
        assert set(item) == {"start", "end", "score", "status", "text", "words", "chars"}
        assert (item["start"], item["end"], item["text"]) == (
            segment.start,
            segment.end,
            segment.text,
        )
        if written.characters is None:
            assert item["chars"] is None
        else:
            assert "".join(char["char"] for char in item["chars"]) == "".join(segment.text.split())
            for char in item["chars"]:
                assert set(char) == {"char", "start", "end", "score", "status"}
