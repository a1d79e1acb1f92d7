"""ElevenLabs' forced alignment: numbers everywhere, and what they hide is marked."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import Server, running_server

from service.serving.choice import Choice
from service.serving.dispatch import Answer
from service.spans import Alignment, Character, Status, Word
from service.web.forced_alignment import MOST_LOSS, ForcedAlignment, forced_alignment, loss_of

PATH = "/v1/forced-alignment"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def asked(client: httpx.Client, audio: Path, text: str, **fields: str) -> dict[str, Any]:
    answer = client.post(
        PATH, files={"file": audio.read_bytes()}, data={"text": text, **fields}
    ).raise_for_status()
    document: dict[str, Any] = answer.json()
    return document


@pytest.mark.parametrize("clip", ["he-1", "hi-1"])
def test_words_and_characters_have_the_times_of_align(
    client: httpx.Client, root: Path, clip: str
) -> None:
    """Times as in /align, losses -log of its scores, and characters that spell the text."""
    audio = root / f"examples/{clip}.wav"
    text = (root / f"examples/{clip}.txt").read_text(encoding="utf-8")
    answer = asked(client, audio, text)
    ours = client.post(
        "/align",
        files={"audio": audio.read_bytes()},
        data={"transcript": text, "characters": "true"},
    ).json()
    assert [(w["text"], w["start"], w["end"]) for w in answer["words"]] == [
        (w["word"], w["start"], w["end"]) for w in ours["words"]
    ]
    for word, own in zip(answer["words"], ours["words"], strict=True):
        assert math.exp(-word["loss"]) == pytest.approx(own["score"], abs=1e-3)
    assert math.exp(-answer["loss"]) == pytest.approx(ours["score"], abs=1e-3)
    assert "".join(item["text"] for item in answer["characters"]) == text
    timed = [item for item in answer["characters"] if not item["text"].isspace()]
    assert [(item["text"], item["start"], item["end"]) for item in timed] == [
        (item["char"], item["start"], item["end"]) for item in ours["characters"]
    ]
    assert answer["model"] == ours["model"]
    assert answer["warnings"] == ours["warnings"]


def test_words_that_are_not_said_are_marked(client: httpx.Client, root: Path) -> None:
    """They have numbers and the greatest loss; with gaps=none they have a time of their own."""
    audio = root / "examples/he-1.wav"
    said = (root / "examples/he-1.txt").read_text(encoding="utf-8").strip()
    text = f"{said} מכונת הכביסה המקולקלת עמדה במסדרון החשוך שבוע שלם"
    answer = asked(client, audio, text)
    unheard = [word for word in answer["words"] if word["status"] == "not_found"]
    assert unheard
    for word in unheard:
        assert (word["loss"], word["start"]) == (MOST_LOSS, word["end"])
    assert f"{len(unheard)} of {len(text.split())} words" in answer["warnings"][-1]


def test_the_fields_of_align_are_taken_too(client: httpx.Client, root: Path) -> None:
    """`audio` and `transcript` under our names, a model, and where speech is passed over."""
    text = (root / "examples/he-1.txt").read_text(encoding="utf-8")
    answer = client.post(
        PATH,
        files={"audio": (root / "examples/he-1.wav").read_bytes()},
        data={"transcript": text, "model": "he-demo", "gaps": "none", "enabled_spooled_file": "1"},
    ).raise_for_status()
    assert {word["status"] for word in answer.json()["words"]} == {"aligned"}


@pytest.mark.parametrize(
    ("fields", "status", "code", "param"),
    [
        ({}, 400, "missing_field", "text"),
        ({"text": "  "}, 400, "empty_transcript", "text"),
        ({"text": "12 - 7", "language": "xx"}, 404, "unknown_language", "language"),
        ({"text": "שלום", "gaps": "all"}, 400, "invalid_field", "gaps"),
    ],
)
def test_errors_have_the_one_shape(
    client: httpx.Client, root: Path, fields: dict[str, str], status: int, code: str, param: str
) -> None:
    """With the name of the field that these clients send."""
    files = {"file": (root / "examples/he-1.wav").read_bytes()}
    answer = client.post(PATH, files=files, data=fields)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert answer.json()["error"]["param"] == param


def aligned(pieces: list[tuple[str, Status]]) -> tuple[str, Alignment]:
    """A text of these words, each a second long where it has a time, a second apart."""
    text = "\n" + "  ".join(word for word, _ in pieces) + " "
    words, characters, place = [], [], 1
    for order, (word, status) in enumerate(pieces):
        times = (None, None) if status == "not_found" else (2.0 * order, 2.0 * order + 1)
        score = 0.5 if status == "aligned" else None
        words.append(Word(word, *times, score, status, place, place + len(word)))
        for offset, char in enumerate(word):
            characters.append(Character(char, *times, score, status, place + offset))
        place += len(word) + 2
    return text, Alignment(
        text=text,
        words=tuple(words),
        characters=tuple(characters),
        segments=(),
        unspoken=(),
        unwritten=(),
        score=0.25,
        quality=0.5,
        duration_sec=2.0 * len(pieces),
        language="he",
        model="planted",
        timings={},
    )


def answered(pieces: list[tuple[str, Status]]) -> tuple[str, ForcedAlignment]:
    text, result = aligned(pieces)
    return text, forced_alignment(Answer(result, Choice("planted", "only", ""), {}))


@given(
    st.lists(
        st.tuples(
            st.text("אבג", min_size=1, max_size=1),
            st.sampled_from(["aligned", "interpolated", "not_found"]),
        ),
        max_size=8,
    )
)
def test_all_times_are_numbers_in_order(pieces: list[tuple[str, Status]]) -> None:
    """Whatever was heard: words and characters follow each other, and spell the text."""
    text, answer = answered(pieces)
    assert "".join(item.text for item in answer.characters) == text
    for items in (answer.words, answer.characters):
        place = 0.0
        for item in items:
            assert place <= item.start <= item.end
            place = item.end
    spoken = [item for item in answer.characters if not item.text.isspace()]
    assert [(item.start, item.end) for item in spoken] == [
        (word.start, word.end) for word in answer.words
    ]


def test_what_lasts_no_time_and_what_does() -> None:
    """A missing word stands at the end of the one before; the space after it reaches the next."""
    _, answer = answered([("א", "aligned"), ("ב", "not_found"), ("ג", "interpolated")])
    assert [(word.start, word.end, word.loss) for word in answer.words] == [
        (0.0, 1.0, loss_of(0.5)),
        (1.0, 1.0, MOST_LOSS),
        (4.0, 5.0, loss_of(0.25)),
    ]
    spaces = [(item.start, item.end) for item in answer.characters if item.text.isspace()]
    assert spaces == [(0.0, 0.0), (1.0, 1.0), (1.0, 1.0), (1.0, 4.0), (4.0, 4.0), (5.0, 5.0)]
    assert answer.warnings == ["1 of 3 words were not found in the audio: they last no time"]


@given(score=st.floats(0, 1))
def test_losses_are_within_their_range(score: float) -> None:
    """From 0 for a perfect fit to the most, without a minus before the zero."""
    loss = loss_of(score)
    assert 0 <= loss <= MOST_LOSS
    assert str(loss_of(1.0)) == "0.0"
