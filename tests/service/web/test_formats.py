"""Formats of /transcribe, /align and /retime, over a real server, with the embedded models."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import srt
import webvtt
from praatio.utilities import textgrid_io
from servers import Server, running_server

from service.formats.table import FORMATS

TYPES = {
    "json": "application/json",
    "verbose_json": "application/json",
    "whisperx": "application/json",
    "txt": "text/plain; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "ass": "text/x-ssa; charset=utf-8",
    "textgrid": "text/plain; charset=utf-8",
    "ctm": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "audacity": "text/plain; charset=utf-8",
}
CUES = "1\n00:00:00,500 --> 00:00:01,000\n[מוזיקה]\n\n2\n00:00:01,000 --> 00:00:02,000\n{}\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


class Clip:
    """A recording with its text."""

    def __init__(self, root: Path, name: str) -> None:
        self.audio = (root / f"examples/{name}.wav").read_bytes()
        self.text = (root / f"examples/{name}.txt").read_text(encoding="utf-8").strip()


@pytest.fixture(scope="module", params=["he-1", "hi-1"])
def clip(request: pytest.FixtureRequest, root: Path) -> Clip:
    return Clip(root, request.param)


@pytest.fixture(scope="module")
def hebrew(root: Path) -> Clip:
    return Clip(root, "he-1")


def align(
    client: httpx.Client, clip: Clip, name: str = "clip.wav", **fields: str
) -> httpx.Response:
    data = {"transcript": clip.text, **fields}
    return client.post("/align", files={"audio": (name, clip.audio)}, data=data)


def stamps(words: list[dict[str, Any]]) -> list[tuple[str, float, float]]:
    return [(word["word"], word["start"], word["end"]) for word in words]


def test_every_format_is_known_here() -> None:
    """And no other."""
    assert list(TYPES) == ["json", *FORMATS]


@pytest.mark.parametrize("form", TYPES)
def test_a_format_has_its_type_and_a_file_name(client: httpx.Client, clip: Clip, form: str) -> None:
    """Of /align and /transcribe alike; our own JSON has no file name. `response_format` will do."""
    files = {"file": ("clip.wav", clip.audio)}
    heard = client.post("/transcribe", files=files, data={"response_format": form})
    for response in (align(client, clip, format=form), heard):
        assert response.raise_for_status().headers["content-type"] == TYPES[form]
        disposition = response.headers.get("content-disposition")
        if form == "json":
            assert disposition is None
        else:
            file_name = f"clip{FORMATS[form].suffix}"
            assert disposition == (
                f"attachment; filename=\"{file_name}\"; filename*=UTF-8''{file_name}"
            )


def test_formats_tell_the_same_times(client: httpx.Client, clip: Clip) -> None:
    """Those of our own JSON."""
    words = stamps(align(client, clip).raise_for_status().json()["words"])
    names = "verbose_json,whisperx,csv,srt,textgrid"
    response = align(client, clip, formats=names).raise_for_status()
    assert response.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        held = {name.partition(".")[2]: archive.read(name) for name in archive.namelist()}
    assert stamps(json.loads(held["verbose.json"])["words"]) == words
    whisperx = json.loads(held["whisperx.json"])
    assert stamps(whisperx["word_segments"]) == words
    chars = "".join(char["char"] for item in whisperx["segments"] for char in item["chars"])
    assert chars == "".join(clip.text.split())
    table = csv.DictReader(io.StringIO(held["csv"].decode("utf-8-sig"), newline=""))
    assert [(row["word"], float(row["start"]), float(row["end"])) for row in table] == words
    cues = list(srt.parse(held["srt"].decode()))
    assert " ".join(" ".join(cue.content for cue in cues).split()) == " ".join(clip.text.split())
    assert cues[0].start.total_seconds() == words[0][1]
    assert cues[-1].end.total_seconds() == words[-1][2]
    grid = textgrid_io.parseTextgridStr(held["TextGrid"].decode(), includeEmptyIntervals=False)
    tiers = {tier["name"]: tier["entries"] for tier in grid["tiers"]}
    assert list(tiers) == ["words", "characters", "segments"]
    found = [(label, float(start), float(end)) for start, end, label in tiers["words"]]
    assert found == words


def test_subtitles_obey_their_options(client: httpx.Client, hebrew: Clip) -> None:
    """Narrow lines, one a cue; short cues; timed, lit and directed words."""
    narrow = align(client, hebrew, format="srt", max_line_width="12", max_line_count="1")
    lines = [cue.content for cue in srt.parse(narrow.text)]
    assert len(lines) > 1
    assert all(len(line) <= 12 for line in lines)
    short = align(client, hebrew, format="srt", max_cue_sec="0.8")
    assert len(list(srt.parse(short.text))) > 1
    timed = align(client, hebrew, format="vtt", word_timestamps="true").text
    count = len(hebrew.text.split())
    cues = webvtt.from_buffer(io.StringIO(timed)).captions
    assert timed.count("<00:") == count - len(cues)
    lit = align(client, hebrew, format="vtt", highlight_words="true").text
    assert lit.count("<u>") == count
    marked = align(client, hebrew, format="srt", bidi="marks").text
    assert marked.count("\u200f") == 2 * len(
        [line for cue in srt.parse(marked) for line in cue.content.splitlines()]
    )


def test_an_archive_may_hold_our_own_json(client: httpx.Client, hebrew: Clip) -> None:
    """Under the name of the recording, in its script; a name twice is one file."""
    response = align(client, hebrew, "שיחה 1.wav", formats="json, srt,srt")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == ["שיחה 1.json", "שיחה 1.srt"]
        assert json.loads(archive.read("שיחה 1.json"))["model"] == "he-demo"


@pytest.mark.parametrize(
    ("name", "plain", "true"),
    [
        ("שיחה.wav", "audio", "%D7%A9%D7%99%D7%97%D7%94"),
        ("Café 2.final.mp3", "Cafe_2.final", "Caf%C3%A9%202.final"),
        ("../../etc/passwd", "passwd", "passwd"),
        ("C:\\talks\\one.wav", "one", "one"),
        ("a;b=c.wav", "a_b_c", "a%3Bb%3Dc"),
        ("\u202egnp.wav", "gnp", "gnp"),
        (".wav", "wav", "wav"),
        ("..", "audio", "audio"),
    ],
)
def test_a_file_is_named_after_the_recording(
    client: httpx.Client, hebrew: Clip, name: str, plain: str, true: str
) -> None:
    """Never with a folder, nor with what ends a header or turns a name around."""
    response = align(client, hebrew, name, format="srt").raise_for_status()
    assert response.headers["content-disposition"] == (
        f"attachment; filename=\"{plain}.srt\"; filename*=UTF-8''{true}.srt"
    )


REFUSED = {
    "unknown": ({"format": "docx"}, "format", "srt, vtt, ass"),
    "by its other name": ({"response_format": "docx"}, "response_format", "srt, vtt, ass"),
    "in a list": ({"formats": "srt,docx"}, "formats", "'docx'"),
    "no name": ({"formats": "srt,,vtt"}, "formats", "got ''"),
    "two": ({"format": "srt", "response_format": "vtt"}, "format", "one of the fields"),
    "both": ({"format": "srt", "formats": "srt"}, "format", "one of the fields"),
    "only of /retime": ({"format": "file"}, "format", "'file'"),
    "width": ({"max_line_width": "wide"}, "max_line_width", "a number"),
    "broken width": ({"max_line_width": "1.5"}, "max_line_width", "a whole number"),
    "no width": ({"max_line_width": "0"}, "max_line_width", "from 1"),
    "endless": ({"max_cue_sec": "inf"}, "max_cue_sec", "a number"),
    "lines": ({"max_line_count": "99"}, "max_line_count", "to 20"),
    "flag": ({"highlight_words": "yes"}, "highlight_words", "true or false"),
    "bidi": ({"bidi": "rtl"}, "bidi", "none, marks, isolates"),
    "lit and timed": (
        {"highlight_words": "true", "word_timestamps": "true"},
        "word_timestamps",
        "got both",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_written_is_refused(client: httpx.Client, hebrew: Clip, case: str) -> None:
    """Before anything is heard, with the field and what it may hold."""
    fields, param, told = REFUSED[case]
    response = align(client, hebrew, **fields)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "invalid_field", param)
    assert told in error["message"]


def retime(client: httpx.Client, clip: Clip, **fields: str) -> httpx.Response:
    files = {"audio": ("a.wav", clip.audio), "subtitles": ("talk.srt", CUES.format(clip.text))}
    return client.post("/retime", files=files, data={"language": "he", **fields})


def test_retimed_subtitles_stay_what_they_are(client: httpx.Client, hebrew: Clip) -> None:
    """The same kind of file, with its music; `format=file` says so; `json` tells what was done, by
    either name of the field.
    """
    plain = retime(client, hebrew).raise_for_status()
    assert plain.headers["content-type"] == "application/x-subrip; charset=utf-8"
    assert 'filename="talk.retimed.srt"' in plain.headers["content-disposition"]
    assert "[מוזיקה]" in plain.text
    assert retime(client, hebrew, format="file").text == plain.text
    for name in ("format", "response_format"):
        assert retime(client, hebrew, **{name: "json"}).json()["subtitles"] == plain.text


def test_retimed_subtitles_come_in_any_format(client: httpx.Client, hebrew: Clip) -> None:
    """Written anew from the words, a segment a cue, with characters where the format has them."""
    response = retime(client, hebrew, formats="file,srt,textgrid,json").raise_for_status()
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        names = ["talk.retimed.srt", "talk.srt", "talk.TextGrid", "talk.json"]
        assert archive.namelist() == names
        file, anew, grid, told = (archive.read(name).decode() for name in names)
    assert "[מוזיקה]" in file
    (cue,) = json.loads(told)["cues"][1:]
    (first, *_) = written = list(srt.parse(anew))
    assert " ".join(" ".join(item.content for item in written).split()) == hebrew.text
    assert first.start.total_seconds() == cue["start"]
    assert '"characters"' in grid


def test_the_docs_tell_of_formats(client: httpx.Client) -> None:
    """Each name in the fields of all three forms, and each media type among the answers."""
    paths = client.get("/openapi.json").json()["paths"]
    for path, own in (("/transcribe", []), ("/align", []), ("/retime", ["file"])):
        operation = paths[path]["post"]
        body = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
        assert body["format"]["enum"] == [*own, *TYPES]
        assert body["format"]["default"] == (own or ["json"])[0]
        assert all(f"`{name}`" in body["format"]["description"] for name in [*own, *TYPES])
        assert {"formats", "max_line_width", "bidi", "word_timestamps"} <= set(body)
        kinds = {kind.partition(";")[0] for kind in TYPES.values()}
        events = set() if own else {"text/event-stream"}
        found = set(operation["responses"]["200"]["content"])
        assert found == {*kinds, *events, "application/zip"}
