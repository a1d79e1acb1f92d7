"""POST /retime, over a real server, with the embedded models."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

RATE = 16_000  # Hz
GAP_SEC = 0.7
NEAR_SEC = 0.1  # of the synthesiser's own onsets
CUE_KEYS = {
    "index", "text", "start", "end", "old_start", "old_end", "shift", "score", "status", "held",
}  # fmt: skip


class Talk:
    """Three clips in a row, as cues of three words or fewer with their true starts and ends."""

    def __init__(self, root: Path, language: str) -> None:
        golden = root / f"tests/golden/{language}-clips.json"
        onsets = json.loads(golden.read_text(encoding="utf-8"))
        sound: list[np.ndarray[Any, Any]] = []
        self.texts: list[str] = []
        self.times: list[tuple[float, float]] = []
        for clip, starts in onsets.items():
            samples, rate = soundfile.read(root / f"examples/{clip}.wav")
            assert rate == RATE
            begin = sum(map(len, sound)) / RATE
            words = (root / f"examples/{clip}.txt").read_text(encoding="utf-8").split()
            edges = [begin + onset for onset in [*starts, len(samples) / RATE]]
            for first in range(0, len(words), 3):
                self.texts.append(" ".join(words[first : first + 3]))
                self.times.append((edges[first], edges[min(first + 3, len(words))]))
            sound += [samples, np.zeros(int(GAP_SEC * RATE))]
        buffer = io.BytesIO()
        soundfile.write(buffer, np.concatenate(sound), RATE, format="WAV")
        self.audio = buffer.getvalue()
        self.duration_sec = sum(map(len, sound)) / RATE

    def wrong(self, how: str) -> list[tuple[float, float]]:
        """The true times, spoilt; in milliseconds as files have them."""
        noise = np.random.default_rng(0).uniform(-0.4, 0.4, len(self.times))
        spoilt = {
            "shifted": [(start + 3.2, end + 3.2) for start, end in self.times],
            "stretched": [(start * 1.25, end * 1.25) for start, end in self.times],
            "jittered": [
                (max(0, start + by), max(0.1, end + by))
                for (start, end), by in zip(self.times, noise, strict=True)
            ],
        }[how]
        return [(round(start, 3), round(end - 0.02, 3)) for start, end in spoilt]


@pytest.fixture(scope="module", params=["he", "hi"])
def talk(request: pytest.FixtureRequest, root: Path) -> Talk:
    return Talk(root, request.param)


def stamp(seconds: float, mark: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d}{mark}{ms % 1000:03d}"


def srt(texts: Sequence[str], times: Sequence[tuple[float, float]]) -> str:
    return "".join(
        f"{number}\r\n{stamp(start, ',')} --> {stamp(end, ',')}\r\n<i>{text}</i>\r\n\r\n"
        for number, (text, (start, end)) in enumerate(zip(texts, times, strict=True), 1)
    )


def vtt(texts: Sequence[str], times: Sequence[tuple[float, float]]) -> str:
    return "WEBVTT\n\nNOTE kept\n\n" + "\n\n".join(
        f"{stamp(start, '.')} --> {stamp(end, '.')} align:start\n<v Dana>{text}"
        for text, (start, end) in zip(texts, times, strict=True)
    )


def textgrid(texts: Sequence[str], times: Sequence[tuple[float, float]], end_sec: float) -> str:
    rows = []
    place = 0.0
    for text, (start, end) in zip(texts, times, strict=True):
        if start > place:
            rows.append((place, start, ""))
        rows.append((start, end, text))
        place = end
    rows.append((place, end_sec, ""))
    body = "".join(f'{start:g}\n{end:g}\n"{text}"\n' for start, end, text in rows)
    head = f'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n{end_sec:g}\n<exists>\n1\n'
    return f'{head}"IntervalTier"\n"words"\n0\n{end_sec:g}\n{len(rows)}\n{body}'


def post(
    client: httpx.Client, audio: bytes, subtitles: str | bytes, **fields: str
) -> httpx.Response:
    files = {"audio": audio, "subtitles": subtitles}
    return client.post("/retime", files=files, data=fields)


@pytest.mark.parametrize("how", ["shifted", "stretched", "jittered"])
def test_wrong_times_are_put_right(client: httpx.Client, talk: Talk, how: str) -> None:
    """Each cue begins near its first word's true onset, whatever the times were; order, texts and
    everything else stay.
    """
    content = srt(talk.texts, talk.wrong(how))
    answer = post(client, talk.audio, content, response_format="json").raise_for_status().json()
    errors = [
        abs(cue["start"] - start)
        for cue, (start, _) in zip(answer["cues"], talk.times, strict=True)
    ]
    assert max(errors) < NEAR_SEC
    new = [(cue["start"], cue["end"]) for cue in answer["cues"]]
    assert answer["subtitles"] == srt(talk.texts, new)
    assert {cue["status"] for cue in answer["cues"]} == {"retimed"}
    assert (answer["format"], answer["encoding"], answer["tier"]) == ("srt", "utf-8", None)
    for cue in answer["cues"]:
        assert set(cue) == CUE_KEYS
        assert cue["held"] == []
        assert cue["shift"] == pytest.approx(cue["start"] - cue["old_start"])
        assert 0 < cue["score"] <= 1


def test_each_format_comes_back_as_itself(client: httpx.Client, talk: Talk) -> None:
    """The file's own content type and charset; the same times in each."""
    wrong = talk.wrong("jittered")
    wrong = [
        (start, min(end, after))
        for (start, end), (after, _) in zip(wrong, [*wrong[1:], (99, 0)], strict=True)
    ]
    answer = post(client, talk.audio, vtt(talk.texts, wrong), response_format="json").json()
    new = [(cue["start"], cue["end"]) for cue in answer["cues"]]
    for content, corrected, kind in (
        (srt(talk.texts, wrong), srt(talk.texts, new), "application/x-subrip; charset=utf-8"),
        (vtt(talk.texts, wrong), vtt(talk.texts, new), "text/vtt; charset=utf-8"),
    ):
        response = post(client, talk.audio, content).raise_for_status()
        assert response.content.decode() == corrected
        assert response.headers["content-type"] == kind


def test_a_textgrid_comes_back_with_its_intervals(client: httpx.Client, talk: Talk) -> None:
    """In UTF-16 as it came; boundaries near the true onsets, no interval more or less."""
    content = textgrid(talk.texts, [(s + 0.15, e + 0.1) for s, e in talk.times], talk.duration_sec)
    response = post(client, talk.audio, content.encode("utf-16"), tier="words").raise_for_status()
    assert response.headers["content-type"] == "text/plain; charset=utf-16"
    text = response.content.decode("utf-16")
    assert [line for line in text.split("\n") if '"' in line] == [
        line for line in content.split("\n") if '"' in line
    ]
    fields = {"tier": "words", "response_format": "json"}
    cues = post(client, talk.audio, content, **fields).raise_for_status().json()["cues"]
    errors = [abs(cue["start"] - start) for cue, (start, _) in zip(cues, talk.times, strict=True)]
    assert max(errors) < NEAR_SEC


def test_an_edge_that_a_textgrid_cannot_move_is_told(client: httpx.Client, root: Path) -> None:
    """Labels without empty intervals around them reach to the ends and to each other; an empty
    interval before and after lets them begin and end with their words.
    """
    talk = Talk(root, "he")
    fields = {"response_format": "json", "language": "he"}
    tight, end = [(0.0, talk.times[1][0] + 0.3)], talk.duration_sec
    tight.append((tight[0][1], end))
    texts = [" ".join(talk.texts[:2]), " ".join(talk.texts[2:])]
    content = textgrid(texts, tight, end).replace(f'{end:g}\n{end:g}\n""\n', "")
    content = content.replace("\n3\n0\n", "\n2\n0\n")
    tight_cues = post(client, talk.audio, content, **fields).raise_for_status().json()["cues"]
    assert tight_cues[0]["start"] == 0
    assert tight_cues[1]["end"] == pytest.approx(end, abs=1e-4)
    assert "start" in tight_cues[0]["held"]
    assert tight_cues[1]["held"] == ["end"]
    loose = [(0.05, tight[0][1] - 0.05), (tight[1][0] + 0.05, end - 0.05)]
    loose_cues = post(client, talk.audio, textgrid(texts, loose, end), **fields).json()["cues"]
    assert [cue["held"] for cue in loose_cues] == [[], []]
    assert loose_cues[0]["start"] > 0.1


def test_what_is_not_said_moves_along(client: httpx.Client, root: Path) -> None:
    """A cue of music between two that are said; and a cue may linger."""
    talk = Talk(root, "he")
    texts = [*talk.texts[:3], "[מוזיקה]", *talk.texts[3:]]
    wrong = talk.wrong("shifted")
    pause = (wrong[2][1] + 0.1, wrong[2][1] + 0.6)
    content = srt(texts, [*wrong[:3], pause, *wrong[3:]])
    fields = {"response_format": "json", "language": "he"}
    plain = post(client, talk.audio, content, **fields).json()["cues"]
    assert [cue["status"] for cue in plain].count("moved") == 1
    assert plain[3]["status"] == "moved"
    assert plain[3]["score"] is None
    assert plain[2]["end"] <= plain[3]["start"] < plain[3]["end"] <= plain[4]["start"]
    linger = post(client, talk.audio, content, linger_sec="0.1", **fields).json()["cues"]
    assert linger[-1]["end"] == pytest.approx(plain[-1]["end"] + 0.1)
    long = post(client, talk.audio, content, linger_sec="10", **fields).json()
    assert long["cues"][-1]["end"] == pytest.approx(long["duration_sec"])


GOOD = srt(["שלום"], [(0, 1)])
GRIDS = textgrid(["שלום"], [(0.5, 1)], 4).replace('"words"', '"a"')
REFUSED: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "no subtitles": ({}, 400, "missing_field", "subtitles"),
    "empty": ({"subtitles": ""}, 422, "empty_subtitles", "subtitles"),
    "no words": ({"subtitles": srt(["♪"], [(0, 1)])}, 422, "empty_subtitles", "subtitles"),
    "no format": ({"subtitles": "שלום"}, 415, "unsupported_subtitles", "subtitles"),
    "corrupt": ({"subtitles": "1\n0 --> 1\nx"}, 422, "corrupt_subtitles", "subtitles"),
    "too many": ({"subtitles": "-->" * 20_001}, 413, "subtitles_too_long", "subtitles"),
    "text too large": ({"subtitles": "1\n" * 2_200_000}, 413, "upload_too_large", "subtitles"),
    "no tier": ({"subtitles": GRIDS, "tier": "b"}, 400, "invalid_field", "tier"),
    "tier of none": ({"subtitles": GOOD, "tier": "b"}, 400, "invalid_field", "tier"),
    "no number": ({"subtitles": GOOD, "linger_sec": "x"}, 400, "invalid_field", "linger_sec"),
    "too long": ({"subtitles": GOOD, "linger_sec": "11"}, 400, "invalid_field", "linger_sec"),
    "no such answer": (
        {"subtitles": GOOD, "response_format": "docx"},
        400,
        "invalid_field",
        "response_format",
    ),
    "unspeakable": (
        {"subtitles": srt(["hello"], [(0, 1)]), "language": "he"},
        422,
        "nothing_to_align",
        "subtitles",
    ),
    "more than is said": (
        {"subtitles": srt(["שלום " * 200], [(0, 1)])},
        422,
        "transcript_too_long",
        "subtitles",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_retimed_is_refused(client: httpx.Client, root: Path, case: str) -> None:
    """Each error has its status, its code and its field; none is a 500."""
    fields, status, code, param = REFUSED[case]
    audio = (root / "examples/he-1.wav").read_bytes()
    response = client.post("/retime", files={"audio": audio}, data=fields)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (status, code, param)
    assert error["message"].startswith("expected ")


def test_a_file_too_large_is_refused(client: httpx.Client, root: Path) -> None:
    """With the limit."""
    audio = (root / "examples/he-1.wav").read_bytes()
    response = post(client, audio, b"1" * ((1 << 22) + 1))
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (413, "subtitles_too_long")
    assert error["max_bytes"] == 1 << 22


def test_requests_are_counted(client: httpx.Client, root: Path) -> None:
    """As the task `retime`, by how they end."""
    audio = (root / "examples/he-1.wav").read_bytes()
    post(client, audio, GOOD).raise_for_status()
    post(client, audio, "")
    counts = client.get("/stats").json()["requests"]["retime"]
    assert counts["ok"] >= 1
    assert counts["empty_subtitles"] >= 1
    assert (
        'kolvani_inference_seconds_count{model="he-demo",stage="subtitles"}'
        in client.get("/metrics").text
    )
