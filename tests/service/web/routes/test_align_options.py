"""POST /align beyond plain text: numbers, foreign words, what was not said or not written."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile

NOT_SAID = "צפרדע צהובה קפצה"


@pytest.fixture(scope="module")
def clip(root: Path) -> tuple[bytes, list[str]]:
    """he-1: its sound and its words."""
    text = (root / "examples/he-1.txt").read_text(encoding="utf-8")
    return (root / "examples/he-1.wav").read_bytes(), text.split()


def align(client: httpx.Client, sound: bytes, text: str, **fields: str) -> dict[str, Any]:
    data = {"transcript": text, "language": "he", **fields}
    answer = client.post("/align", files={"audio": sound}, data=data).raise_for_status().json()
    for word in answer["words"]:
        assert text[word["char_start"] : word["char_end"]] == word["word"]
    return dict(answer)


def test_words_that_were_not_said_are_told(
    client: httpx.Client, clip: tuple[bytes, list[str]]
) -> None:
    """They have no times, the others keep theirs, and the answer names the passage."""
    sound, words = clip
    whole = align(client, sound, " ".join(words))
    text = " ".join([*words[:3], NOT_SAID, *words[3:]])
    answer = align(client, sound, text)
    missing = [word["word"] for word in answer["words"] if word["status"] == "not_found"]
    assert " ".join(missing) == NOT_SAID
    assert all(w["start"] is None for w in answer["words"] if w["status"] == "not_found")
    kept = [word["start"] for word in answer["words"] if word["status"] == "aligned"]
    assert kept == [word["start"] for word in whole["words"]]
    begin = text.index(NOT_SAID)
    end = begin + len(NOT_SAID)
    assert answer["unspoken"] == [{"text": NOT_SAID, "char_start": begin, "char_end": end}]
    assert any("not found" in warning for warning in answer["warnings"])
    assert answer["quality"] < whole["quality"]


def test_speech_that_the_text_lacks_is_told(
    client: httpx.Client, clip: tuple[bytes, list[str]]
) -> None:
    """At the ends by default, with its times and what was heard; with gaps=none nowhere."""
    sound, words = clip
    whole = align(client, sound, " ".join(words))["words"]
    answer = align(client, sound, " ".join(words[2:5]))
    assert [word["start"] for word in answer["words"]] == [word["start"] for word in whole[2:5]]
    before, after = answer["unwritten"]
    assert before["start"] == pytest.approx(whole[0]["start"], abs=0.1)
    assert before["end"] <= whole[2]["start"]
    assert after["start"] >= whole[4]["end"] - 0.1
    assert before["text"]
    assert after["text"]
    assert align(client, sound, " ".join(words[2:5]), gaps="none")["unwritten"] == []


def test_a_text_of_something_else_is_known_for_it(
    client: httpx.Client, clip: tuple[bytes, list[str]], root: Path
) -> None:
    """Its quality is low, and the first warning says not to trust the times."""
    sound, _ = clip
    answer = align(client, sound, (root / "examples/he-3.txt").read_text(encoding="utf-8"))
    assert answer["quality"] < 0.3
    assert "hardly fits" in answer["warnings"][0]


def test_a_foreign_word_has_a_time_and_with_a_pronunciation_a_score(
    client: httpx.Client, clip: tuple[bytes, list[str]]
) -> None:
    """Written in Latin letters, it is interpolated; told how it is said, it is aligned."""
    sound, words = clip
    whole = align(client, sound, " ".join(words))["words"][3]
    text = " ".join([*words[:3], "HaBayit,", *words[4:]])
    foreign = align(client, sound, text)["words"][3]
    assert (foreign["status"], foreign["score"]) == ("interpolated", None)
    assert foreign["start"] == pytest.approx(whole["start"], abs=0.15)
    assert foreign["end"] == pytest.approx(whole["end"], abs=0.35)
    pronunciations = json.dumps({"habayit": words[3]}, ensure_ascii=False)
    told = align(client, sound, text, pronunciations=pronunciations)["words"][3]
    assert told["status"] == "aligned"
    assert (told["start"], told["end"]) == (whole["start"], whole["end"])


def test_segments_are_sentences_or_lines(
    client: httpx.Client, clip: tuple[bytes, list[str]]
) -> None:
    """A line break ends either; a full stop ends a sentence."""
    sound, words = clip
    text = " ".join(words[:2]) + ". " + " ".join(words[2:4]) + "\n" + " ".join(words[4:])
    sentences = align(client, sound, text)["segments"]
    assert [item["first_word"] for item in sentences] == [0, 2, 4]
    lines = align(client, sound, text, segments="line")["segments"]
    assert [item["end_word"] for item in lines] == [4, 7]
    assert lines[0]["start"] == sentences[0]["start"]
    assert lines[0]["end"] == sentences[1]["end"]


def test_edited_text_is_aligned_without_running_the_model_again(
    client: httpx.Client, clip: tuple[bytes, list[str]]
) -> None:
    """The same bytes are known under any name; the answer says so, and is the same."""
    sound, words = clip
    sound += b"LIST"  # a recording of this test alone
    first = align(client, sound, " ".join(words))
    assert first["cached"] is False
    assert first["timings"]["inference"] > 0
    before = client.get("/stats").json()["cache"]
    again = align(client, sound, " ".join(words))
    assert again["cached"] is True
    assert again["words"] == first["words"]
    assert "inference" not in again["timings"]
    assert align(client, sound, " ".join(words[:4]))["cached"] is True
    after = client.get("/stats").json()["cache"]
    assert after["hits"] == before["hits"] + 2
    assert after["held_bytes"] == before["held_bytes"] > 0


def test_a_kept_recording_is_held_to_the_limit_of_the_request(
    client: httpx.Client, clip: tuple[bytes, list[str]]
) -> None:
    """A client that takes a second at most gets no more from an earlier request's."""
    sound, words = clip
    align(client, sound, " ".join(words))
    data = {"transcript": words[0], "max_audio_sec": "1"}
    answer = client.post("/align", files={"audio": sound}, data=data)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "audio_too_long"


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3"])
def test_a_limit_is_the_same_whether_the_recording_is_kept(
    client: httpx.Client, clip: tuple[bytes, list[str]], kind: str
) -> None:
    """A compressed file may be longer by an encoder's padding, plain samples may not."""
    samples, rate = soundfile.read(io.BytesIO(clip[0]))
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind)
    files = {"audio": buffer.getvalue()}

    def served(max_audio_sec: float) -> tuple[int, bool]:
        data = {"transcript": clip[1][0], "max_audio_sec": f"{max_audio_sec}"}
        answer = client.post("/align", files=files, data=data)
        return answer.status_code, answer.json().get("cached", False)

    seconds = len(samples) / rate
    close, far = seconds - 0.05, seconds - 0.3
    fresh = [served(limit)[0] for limit in (far, close)]
    assert fresh == [413, 413 if kind == "WAV" else 200]
    assert served(60)[0] == 200
    assert [served(limit)[0] for limit in (far, close)] == fresh
    assert served(seconds + 0.1) == (200, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gaps", "everywhere"),
        ("segments", "chapter"),
        ("pronunciations", "NATO"),
        ("pronunciations", "[1]"),
        ("pronunciations", '{"NATO": 3}'),
        ("pronunciations", '{"NATO": ""}'),
        ("pronunciations", '{"NATO": "нато"}'),
        ("pronunciations", '{"": "נאטו"}'),
        ("pronunciations", '{"a": "\\ud800"}'),
        ("pronunciations", "[" * 100_000),
    ],
)
def test_what_an_option_cannot_be_is_refused(
    client: httpx.Client, clip: tuple[bytes, list[str]], field: str, value: str
) -> None:
    """With the field's name, what was expected and what came."""
    sound, words = clip
    data = {"transcript": words[0], "language": "he", field: value}
    answer = client.post("/align", files={"audio": sound}, data=data)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("invalid_field", field)
    assert "expected" in error["message"]
    assert len(error["message"]) < 1000
