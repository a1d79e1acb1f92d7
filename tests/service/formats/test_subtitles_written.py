"""SRT, WebVTT and ASS, read back by libraries that did not write them, and by FFmpeg."""

import html
import io
import itertools
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import ass
import av
import pysubs2
import pytest
import srt
import webvtt
from documents import HOSTILE, document, documents
from hypothesis import given
from hypothesis import strategies as st

from service.formats.cues import cues_of
from service.formats.document import Document
from service.formats.highlights import said_words
from service.formats.options import FormatOptions
from service.formats.srt import WORD_JOINER
from service.formats.table import render
from service.subtitles.reading import read_subtitles

PLAIN = FormatOptions(max_line_width=20)
WORDS = FormatOptions(max_line_width=20, word_timestamps=True)
LIT = FormatOptions(max_line_width=20, highlight_words=True)
KARAOKE = re.compile(r"\{\\k(\d+)\}")
UNDERLINED = re.compile("<u>(.*?)</u>")
ONSET = re.compile(r"<(\d\d):(\d\d):(\d\d\.\d{3})>")
# In code points; what reads a file line by line need not keep what no line can hold.
ALL = document(
    list(HOSTILE),
    [(100 * place, 100 * place + 90) for place in range(len(HOSTILE))],
    ["aligned"] * len(HOSTILE),
    [len(HOSTILE)],
    100 * len(HOSTILE),
)


class Shown(NamedTuple):
    """A cue: milliseconds, and its lines."""

    start: int
    end: int
    text: str


def expected(written: Document, how: FormatOptions) -> list[Shown]:
    return [
        Shown(
            cue.start,
            cue.end,
            "\n".join(" ".join(word.text for word in line) for line in cue.lines),
        )
        for cue in cues_of(written, how)
    ]


def unjoined(shown: list[Shown]) -> list[Shown]:
    """Without the word joiners that SRT and ASS need; the text may have had some of its own."""
    return [item._replace(text=item.text.replace(WORD_JOINER, "")) for item in shown]


def ms(time: timedelta) -> int:
    return round(time / timedelta(milliseconds=1))


def by_srt(text: str) -> list[Shown]:
    return [Shown(ms(cue.start), ms(cue.end), cue.content) for cue in srt.parse(text)]


def by_webvtt(text: str, form: str) -> list[Shown]:
    return [
        Shown(
            cue.start_time.in_milliseconds(),
            cue.end_time.in_milliseconds(),
            "\n".join(cue.lines),
        )
        for cue in webvtt.from_buffer(io.StringIO(text), format=form).captions
    ]


def by_ass(text: str) -> list[Shown]:
    return [
        Shown(ms(event.start), ms(event.end), event.text) for event in ass.parse_string(text).events
    ]


def by_ffmpeg(content: bytes, form: str) -> Iterator[Shown]:
    """As players that are built on it see them: with the text of its own ASS."""
    with av.open(io.BytesIO(content), format=form) as container:
        for packet in container.demux(subtitles=0):
            for subtitle in packet.decode():
                start = round(1000 * packet.pts * packet.time_base)
                end = start + round(1000 * packet.duration * packet.time_base)
                yield Shown(start, end, subtitle.ass.decode().split(",", 8)[-1])


def bare_ass(text: str) -> str:
    """What of an event's text is shown."""
    visible = KARAOKE.sub("", text).replace("\\N", "\n")
    visible = visible.replace("{{}", "{")  # as FFmpeg escapes one
    return visible.replace("\\{", "{").replace("\\}", "}").replace(WORD_JOINER, "")


def text_of(content: bytes) -> str:
    return content.decode()


@given(documents())
def test_srt_is_read_by_others(written: Document) -> None:
    """srt, webvtt-py and our own reader find the same cues, lines and times."""
    content = render(written, "srt", PLAIN)
    wanted = unjoined(expected(written, PLAIN))
    assert text_of(content).count("-->") == len(wanted)
    assert unjoined(by_srt(text_of(content))) == wanted
    if wanted:
        assert unjoined(by_webvtt(text_of(content), "srt")) == wanted
        own = read_subtitles(content).cues
        assert [item.text.replace(WORD_JOINER, "") for item in own] == [
            item.text for item in wanted
        ]


@given(documents())
def test_webvtt_is_read_by_others(written: Document) -> None:
    """webvtt-py and our own reader find the same cues, lines and times; entities are characters."""
    content = render(written, "vtt", PLAIN)
    wanted = expected(written, PLAIN)
    read = by_webvtt(text_of(content), "vtt")
    assert [item._replace(text=html.unescape(item.text)) for item in read] == wanted
    if wanted:
        assert len(read_subtitles(content).cues) == len(wanted)


@given(documents())
def test_ass_is_read_by_others(written: Document) -> None:
    """The library ass finds the same cues and lines, times to the hundredth of a second; its
    syllables are no longer than the cue, and light each word up when it is said.
    """
    events = by_ass(text_of(render(written, "ass", PLAIN)))
    cues = cues_of(written, PLAIN)
    assert [bare_ass(event.text) for event in events] == [
        item.text for item in unjoined(expected(written, PLAIN))
    ]
    for event, cue in zip(events, cues, strict=True):
        assert abs(event.start - cue.start) <= 5
        assert abs(event.end - cue.end) <= 5
        assert event.start < event.end
        syllables = [int(length) for length in KARAOKE.findall(event.text)]
        assert sum(syllables) * 10 <= event.end - event.start
        edges = set(itertools.accumulate(syllables, initial=0))
        for start, end, _ in said_words(cue):
            assert {(time + 5) // 10 - event.start // 10 for time in (start, end)} <= edges


@pytest.mark.parametrize("form", ["srt", "vtt", "ass"])
def test_ffmpeg_reads_every_character(form: str) -> None:
    """Nothing in hostile words is taken for a tag, a line break or the end of a cue."""
    how = FormatOptions(max_line_width=40)
    form_there = {"vtt": "webvtt"}.get(form, form)
    read = list(by_ffmpeg(render(ALL, form, how), form_there))
    wanted = unjoined(expected(ALL, how))
    assert [bare_ass(item.text) for item in read] == [item.text for item in wanted]
    for item, cue in zip(read, wanted, strict=True):
        assert abs(item.start - cue.start) <= 5
        assert abs(item.end - cue.end) <= 5


@pytest.mark.parametrize("form", ["srt", "vtt", "ass"])
def test_pysubs2_reads_the_same_times(form: str) -> None:
    """The library of many subtitle editors."""
    read = pysubs2.SSAFile.from_string(text_of(render(ALL, form, PLAIN)), format_=form)
    assert [(event.start, event.end) for event in read] == [
        (cue.start, cue.end) for cue in cues_of(ALL, PLAIN)
    ]


@given(documents())
def test_timestamps_within_a_cue_ascend(written: Document) -> None:
    """As WebVTT wants: after the cue's start, before its end, each after the one before; and each
    is a word's own onset.
    """
    content = text_of(render(written, "vtt", WORDS))
    read = by_webvtt(content, "vtt")
    plain = [item._replace(text=html.unescape(ONSET.sub("", item.text))) for item in read]
    assert plain == expected(written, WORDS)
    for item, cue in zip(read, cues_of(written, WORDS), strict=True):
        onsets = [
            round(1000 * (3600 * int(hour) + 60 * int(minute) + float(second)))
            for hour, minute, second in ONSET.findall(item.text)
        ]
        assert onsets == sorted(set(onsets))
        assert all(item.start < onset < item.end for onset in onsets)
        said = {start for start, _, _ in said_words(cue)}
        assert onsets == sorted(said - {item.start})


@given(documents(), st.sampled_from(["srt", "vtt"]))
def test_highlighted_words_are_underlined_in_turn(written: Document, form: str) -> None:
    """A cue is shown without a gap, once for each word that lasts, which is underlined."""
    content = text_of(render(written, form, LIT))
    shots = by_srt(content) if form == "srt" else by_webvtt(content, "vtt")
    assert all(shot.start < shot.end for shot in shots)
    cues = cues_of(written, LIT)
    said = [(start, end, word.text) for cue in cues for start, end, word in said_words(cue)]
    lit = []
    for shot in shots:
        if found := UNDERLINED.search(shot.text):
            text = found[1] if form == "srt" else html.unescape(found[1])
            lit.append((shot.start, shot.end, text.replace(WORD_JOINER, "")))
    assert lit == [(start, end, text.replace(WORD_JOINER, "")) for start, end, text in said]
    starts, ends = {shot.start for shot in shots}, {shot.end for shot in shots}
    for cue in cues:
        assert cue.start in starts
        assert cue.end in ends
        inner = {edge for edge in ends if cue.start < edge < cue.end}
        assert inner <= starts


@pytest.mark.parametrize(
    ("bidi", "before", "after"),
    [("none", "", ""), ("marks", "\u200f", "\u200f"), ("isolates", "\u2067", "\u2069")],
)
@pytest.mark.parametrize("form", ["srt", "vtt", "ass"])
def test_lines_of_a_right_to_left_text_are_held(
    form: str, bidi: str, before: str, after: str
) -> None:
    """Every line between marks or in an isolate, one of digits, too; a Hindi text stays."""
    hebrew = document(["שלום,", "1984."], [(0, 500), (500, 900)], ["aligned"] * 2, [1, 2], 1000)
    how = FormatOptions(bidi=bidi)  # type: ignore[arg-type]  # by pytest
    text = text_of(render(hebrew, form, how))
    for word in ("שלום,", "1984."):
        (line,) = (line for line in text.splitlines() if word in line)
        shown = line.rpartition(",,")[2] if form == "ass" else line
        assert KARAOKE.sub("", shown) == f"{before}{word}{after}"
    hindi = document(["नमस्ते", "שלום"], [(0, 500), (500, 900)], ["aligned"] * 2, [2], 1000)
    assert render(hindi, form, how) == render(hindi, form, FormatOptions())
