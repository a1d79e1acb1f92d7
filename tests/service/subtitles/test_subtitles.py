"""A file comes back byte for byte but for the times that have moved, or is refused clearly."""

import codecs
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from subtitle_files import GRID, SHORT_GRID, SRT, VTT

from service.errors import (
    CorruptSubtitles,
    EmptySubtitles,
    InputError,
    SubtitlesTooLong,
    UnsupportedSubtitles,
)
from service.subtitles import reading
from service.subtitles.reading import Subtitles, read_subtitles

FILES = {"srt": SRT, "vtt": VTT, "textgrid": GRID, "short textgrid": SHORT_GRID}
ENCODINGS = {
    "utf-8": b"",
    "utf-8 with a mark": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}
TIME = re.compile(r"\d+(:\d+)*[.,]\d+|(?<== )\d+|(?m:^\d+(?=\r?$))")


def own_times(subtitles: Subtitles) -> list[tuple[float, float]]:
    return [(cue.start, cue.end) for cue in subtitles.cues]


def texts(subtitles: Subtitles) -> list[str]:
    """Without the times within them."""
    return [TIME.sub("", cue.text) for cue in subtitles.cues]


def tier_of(name: str) -> str | None:
    return "words" if "textgrid" in name else None


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_with_its_own_times_comes_back_byte_for_byte(
    name: str, line_end: str, encoding: str
) -> None:
    """Whatever its encoding, byte order mark and line ends are."""
    text = FILES[name].replace("\n", line_end)
    content = ENCODINGS[encoding] + text.encode(encoding.split(maxsplit=1)[0])
    subtitles = read_subtitles(content, tier_of(name))
    assert subtitles.format == name.rsplit(maxsplit=1)[-1]
    assert subtitles.content == content
    assert subtitles.retimed(own_times(subtitles)).content == content
    assert subtitles.retimed([None] * len(subtitles.cues)).content == content


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", FILES)
def test_nothing_but_times_changes(name: str, line_end: str) -> None:
    """With the times cut out, the file before and the file after are the same; so are the texts."""
    content = FILES[name].replace("\n", line_end).encode()
    before = read_subtitles(content, tier_of(name))
    after = before.retimed(
        [(start * 1.5 + 0.7, end * 1.5 + 0.7) for start, end in own_times(before)]
    )
    assert after.content != content
    assert TIME.sub("", after.text) == TIME.sub("", before.text)
    assert texts(after) == texts(before)
    assert read_subtitles(after.content, tier_of(name)).cues == after.cues


def test_windows_1255_is_read_where_it_is_hebrew_and_written_back() -> None:
    """Old Hebrew SRT files are in it; another code page is refused, with the line."""
    content = SRT.replace("नमस्ते", "").replace("♪", "").encode("windows-1255")
    subtitles = read_subtitles(content)
    assert subtitles.encoding == "windows-1255"
    assert subtitles.cues[0].spoken == "שלום עולם"
    assert subtitles.retimed(own_times(subtitles)).content == content
    french = "1\n00:00:01,000 --> 00:00:02,000\nUn été déjà passé.\n".encode("latin-1")
    with pytest.raises(CorruptSubtitles, match="byte 0xe9 in line 3") as caught:
        read_subtitles(french)
    assert caught.value.facts["line"] == 3
    russian = "1\n00:00:01,000 --> 00:00:02,000\nя знаю\n".encode("windows-1251")
    with pytest.raises(CorruptSubtitles, match="byte 0xff in line 3"):
        read_subtitles(russian)


def test_half_a_utf_16_character_is_refused() -> None:
    """With its place."""
    with pytest.raises(CorruptSubtitles, match="UTF-16"):
        read_subtitles(codecs.BOM_UTF16_LE + b"a")


@pytest.mark.parametrize(
    ("content", "recognized"),
    [
        ("[Script Info]\nTitle: x", "an ASS or SSA script"),
        ('<?xml version="1.0"?><tt/>', "XML, such as TTML"),
        ('{"segments": []}', "JSON"),
        ("{12}{50}Hello", "MicroDVD"),
        ("0:00:01.000,0:00:02.000\nHello", "SBV"),
        ("Hello", None),
    ],
)
def test_other_formats_are_named(content: str, recognized: str | None) -> None:
    """What is not read here is told from what cannot be read."""
    with pytest.raises(UnsupportedSubtitles) as caught:
        read_subtitles(content.encode())
    assert caught.value.facts["recognized"] == recognized


@pytest.mark.parametrize("content", ["", " \n", "\ufeff", "WEBVTT\n\nNOTE nothing\n"])
def test_a_file_without_cues_is_refused(content: str) -> None:
    """An empty file, and one that shows nothing."""
    with pytest.raises(EmptySubtitles):
        read_subtitles(content.encode())


@pytest.mark.parametrize(
    ("limit", "content", "fact"),
    [
        ("MAX_BYTES", SRT, "max_bytes"),
        ("MAX_CUES", VTT, "max_cues"),
        ("MAX_CUES", SHORT_GRID, "max_cues"),
        ("MAX_LINES", SRT, "max_lines"),
        ("MAX_LINES", SRT.replace("\n", "\r"), "max_lines"),
        ("MAX_TAGS", VTT, "max_tags"),
    ],
)
def test_limits_are_told(
    limit: str, content: str, fact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than is taken is refused, with the limit."""
    monkeypatch.setattr(reading, limit, 1)
    with pytest.raises(SubtitlesTooLong) as caught:
        read_subtitles(content.encode(), "words" if content == SHORT_GRID else None)
    assert caught.value.facts == {fact: 1}


def assert_read_or_refused(content: bytes, tier: str | None = None) -> None:
    try:
        subtitles = read_subtitles(content, tier)
    except InputError as error:
        told = error
    else:
        return assert_survives(content, subtitles)
    assert told.message
    assert told.param in {"subtitles", "tier"}
    return None


def assert_survives(content: bytes, subtitles: Subtitles) -> None:
    assert subtitles.content == content
    assert subtitles.retimed(own_times(subtitles)).content == content
    later = subtitles.retimed(
        [(start + 3, max(start, end) + 3) for start, end in own_times(subtitles)]
    )
    again = read_subtitles(later.content, subtitles.tier)
    assert texts(again) == texts(subtitles)
    assert own_times(again) == own_times(later)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_clearly(content: bytes) -> None:
    """No other exception than an error of the input."""
    assert_read_or_refused(content)


@given(
    name=st.sampled_from(sorted(FILES)),
    cut=st.tuples(st.integers(0, 2000), st.integers(0, 30)),
    insert=st.one_of(
        st.text(max_size=8).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.binary(max_size=4),
        st.sampled_from(
            [b"-->", b"\n", b"\r\n\r\n", b'"', b"<", b"1", b"00:00:09,000 --> 0:0:1.1"]
        ),
    ),
)
def test_a_damaged_file_is_read_or_refused(name: str, cut: tuple[int, int], insert: bytes) -> None:
    """Bytes cut out and put in: a clear error, or a file whose texts survive new times."""
    content = FILES[name].encode()
    place = cut[0] % len(content)
    assert_read_or_refused(content[:place] + insert + content[place + cut[1] :], tier_of(name))


LINES = st.sampled_from(
    [
        "1",
        "2 ",
        "",
        " ",
        "00:00:01,000 --> 00:00:02,000",
        "00:00:03,5 --> 00:00:02,1500 X1:2",
        "00:01.000 --> 00:02.000 align:start",
        "00:00:01.000 --> 00:00:02.000",
        "text",
        "1984",
        "a --> b",
        "NOTE x",
        "STYLE",
        "<00:01.500>x",
        "-->",
    ]
)


@given(st.sampled_from(["", "WEBVTT\n\n", "1\n"]), st.lists(LINES, max_size=14))
def test_lines_in_any_order_are_read_or_refused(head: str, lines: list[str]) -> None:
    """What the library drops is never dropped here without a word."""
    assert_read_or_refused((head + "\n".join(lines)).encode())


TOKENS = st.sampled_from(
    [
        '"IntervalTier"',
        '"TextTier"',
        '"a"',
        '""',
        '"',
        "0",
        "1",
        "2",
        "0.5",
        "1e400",
        "-1",
        "!",
        "x",
    ]
)


@given(st.lists(TOKENS, max_size=40))
def test_tokens_in_any_order_are_read_or_refused(tokens: list[str]) -> None:
    """A TextGrid of the right words in the wrong places is an error of the input."""
    assert_read_or_refused(
        ('File type = "ooTextFile" "TextGrid" 0 2 ' + "\n".join(tokens)).encode()
    )
