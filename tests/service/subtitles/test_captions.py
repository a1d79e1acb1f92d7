"""SRT and WebVTT: which lines are cues, and how their times are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from subtitle_files import SRT, VTT

from service.errors import CorruptSubtitles
from service.subtitles.captions.stamps import milliseconds_of, restamped
from service.subtitles.reading import read_subtitles


def test_srt_cues_with_all_that_is_common_in_the_wild() -> None:
    """Blank lines first, within and after a text; a cue without text; numbers as text."""
    cues = read_subtitles(SRT.encode()).cues
    assert [(cue.start, cue.end) for cue in cues] == [(1, 2.5), (3, 4), (5, 6.25), (5.5, 7)]
    assert [cue.spoken for cue in cues] == [
        "שלום עולם",
        "",
        "נכון 1984 with a blank line above it 1984",
        "नमस्ते",
    ]


def test_vtt_cues_without_what_is_none() -> None:
    """Styles, regions and notes are no cues; hours may be left out."""
    cues = read_subtitles(VTT.encode()).cues
    assert [(cue.start, cue.end) for cue in cues] == [(1, 2.5), (3, 4), (3605, 3606)]
    assert [cue.spoken for cue in cues] == ["שלום עולם", "", "one & two three"]


def test_srt_times_keep_their_form() -> None:
    """The decimal mark, the digits of the hours, and what follows on the line."""
    new = read_subtitles(SRT.encode()).retimed([(0.25, 3661.5), (3, 4.0004), None, (7, 8)])
    lines = new.text.split("\n")
    assert lines[2] == "00:00:00,250 --> 01:01:01,500 X1:100 X2:200"
    assert lines[6] == "0:00:03.000 --> 00:00:04,000"
    assert lines[9] == "00:00:05,000 --> 00:00:06,250"


def test_vtt_times_get_hours_where_they_need_them() -> None:
    """And only there; the settings stay, and times within the text keep their place."""
    new = read_subtitles(VTT.encode()).retimed([(3600, 3603), (1, 2), (3, 4)])
    assert "\n01:00:00.000 --> 01:00:03.000 align:start position:0%\n" in new.text
    assert "<v Dana>שלום <01:00:01.000><c.x>עולם</c>" in new.text
    assert "\n00:00:03.000 --> 00:00:04.000 line:0\n" in new.text
    assert "\n00:01.500 --> 00:02.500 align" in new.retimed([(1.5, 2.5), None, None]).text.replace(
        "\n00:00:01.500 --> 00:00:02.500", "\n00:01.500 --> 00:02.500"
    )


def test_times_before_the_recording_are_its_beginning() -> None:
    """No format has negative times."""
    assert (
        "00:00:00,000 --> 00:00:01,000 X1"
        in read_subtitles(SRT.encode()).retimed([(-1, 1), None, None, None]).text
    )


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("1\n00:00:01;000 --> 00:00:02,000\nx\n", 2),
        ("1\n00:00:01,000 --> 00:00:02,000\nx\n\n2\n00:03,000 --> 00:04,000\ny\n", 6),
        ("1\n00:00:01,000 --> 00:00:02,000\nx\n\n00:00:03,000 --> 00:00:04,000\ny\n", 5),
        ("00:00:03,000 --> 00:00:04,000\ny\n", 1),
        ("1\n99999999999:00:01,000 --> 00:00:02,000\nx\n", 2),
        ("WEBVTT\n\n00:00:01,000 --> 00:00:02,000\nx\n", 3),
        ("WEBVTT\n\n00:61.000 --> 00:62.000\nx\n", 3),
        ("WEBVTT\r\n\r\n00:01.000 --> 00:02.0001\r\nx\r\n", 3),
        ("WEBVTT\r\rNOTE a --> b\r", 3),
    ],
)
def test_a_line_that_no_player_would_take_is_named(content: str, line: int) -> None:
    """Players drop such cues without a word; here nothing is dropped."""
    with pytest.raises(CorruptSubtitles, match=f"line {line}: ") as caught:
        read_subtitles(content.encode())
    assert caught.value.facts["line"] == line


@given(st.integers(0, 400 * 3600 * 1000), st.sampled_from(["00:00:00,000", "0:00:00.000"]))
def test_every_time_is_written_so_that_it_reads_the_same(milliseconds: int, form: str) -> None:
    """To the millisecond, in the form of the time that stood there."""
    stamp = restamped(form, milliseconds)
    content = f"1\n{stamp} --> {stamp}\nx\n".encode()
    assert milliseconds_of(read_subtitles(content).cues[0].start) == milliseconds
