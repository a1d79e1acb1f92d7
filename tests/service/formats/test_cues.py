import itertools

import pytest
from documents import document, documents
from hypothesis import given
from hypothesis import strategies as st

from service.formats.cues import PAUSE_MS, TimedCue, cues_of
from service.formats.document import Document
from service.formats.labels import one_line
from service.formats.lines import filled, width_of
from service.formats.options import FormatOptions
from service.formats.spacing import LEAST_MS
from service.spans import Status

options = st.builds(
    FormatOptions,
    max_line_width=st.integers(1, 60),
    max_line_count=st.integers(1, 4),
    max_cue_sec=st.sampled_from([0.1, 1.0, 7.0, 30.0]),
)
WIDE = FormatOptions(max_line_width=1000, max_line_count=20, max_cue_sec=30.0)


def spoken(*texts: str, length: int = 300, gap: int = 0, ends: tuple[int, ...] = ()) -> Document:
    """Words that follow each other, all aligned."""
    times = [
        (place * (length + gap), place * (length + gap) + length) for place in range(len(texts))
    ]
    last = times[-1][1]
    return document(
        list(texts), list(times), ["aligned"] * len(texts), [*ends, len(texts)], last + 100
    )


def texts(cue: TimedCue) -> list[str]:
    return [word.text for line in cue.lines for word in line]


@given(documents(), options)
def test_cues_follow_each_other_and_last(written: Document, how: FormatOptions) -> None:
    """None is empty, none overlaps another, and none lasts longer than it may, whatever the words'
    times; none passes the end of the audio while there is room for all.
    """
    cues = cues_of(written, how)
    for before, after in itertools.pairwise(cues):
        assert before.end <= after.start
    for cue in cues:
        assert cue.start >= 0
        assert cue.end - cue.start >= LEAST_MS
        assert cue.end - cue.start <= how.max_cue_sec * 1000
    last = round(written.duration_sec * 1000)
    if cues and last >= LEAST_MS * len(cues):
        assert cues[-1].end <= last


@given(documents(), options)
def test_no_word_is_dropped(written: Document, how: FormatOptions) -> None:
    """The cues hold every word of every segment that has a time, in order, found or not, and no cue
    holds words of two segments.
    """
    shown = [text for cue in cues_of(written, how) for text in texts(cue)]
    said = [item for item in written.segments if item.start is not None]
    assert shown == [one_line(word.word) for item in said for word in written.words_of(item)]
    ends = set(itertools.accumulate(item.end_word - item.first_word for item in said))
    places = set(itertools.accumulate(len(texts(cue)) for cue in cues_of(written, how)))
    assert ends <= places


@given(documents(), options)
def test_lines_are_no_wider_than_they_may_be(written: Document, how: FormatOptions) -> None:
    """Unless a single word is; and no more than may be, unless words that decide no time need them:
    those that were not found, and dashes.
    """
    said = iter(
        word.status == "aligned" or any(map(str.isalnum, word.word))
        for item in written.segments
        if item.start is not None
        for word in written.words_of(item)
        if word.start is not None
    )
    for cue in cues_of(written, how):
        for line in cue.lines:
            width = width_of(" ".join(word.text for word in line))
            assert len(line) == 1 or width <= how.max_line_width
        timed = [word for line in cue.lines for word in line if word.times is not None]
        if sum(itertools.islice(said, len(timed))) > 1:
            assert len(cue.lines) <= how.max_line_count


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9), st.integers(4, 12), st.integers(1, 2))
def test_cues_are_as_few_as_can_be(lengths: list[int], width: int, count: int) -> None:
    """Compared with every division of a segment into cues that fit."""
    words = ["x" * length for length in lengths]

    def fits(part: list[str]) -> bool:
        return len(part) == 1 or len(filled([len(word) for word in part], width)) <= count

    fewest = min(
        1 + len(cuts)
        for size in range(len(words))
        for cuts in itertools.combinations(range(1, len(words)), size)
        if all(fits(words[a:b]) for a, b in itertools.pairwise([0, *cuts, len(words)]))
    )
    how = FormatOptions(max_line_width=width, max_line_count=count, max_cue_sec=30.0)
    assert len(cues_of(spoken(*words), how)) == fewest


def test_a_cue_has_the_time_of_its_words() -> None:
    """From the first to the last that has a time, an interpolated one counts; those that were not
    found stay in the text, with the word before them, or else with the one after.
    """
    written = document(
        ["א", "NATO", "–", "ג", "ד", "ה"],
        [None, (1000, 1500), (1500, 1600), None, (1700, 1900), (4000, 4100)],
        ["not_found", "interpolated", "interpolated", "not_found", "aligned", "aligned"],
        [6],
        5000,
    )
    first, second = cues_of(written, WIDE)
    assert (first.start, first.end, texts(first)) == (1000, 1900, ["א", "NATO", "–", "ג", "ד"])
    assert (second.start, second.end, texts(second)) == (4000, 4100, ["ה"])
    gone = document(["א", "ב"], [None, (3, 900)], ["not_found", "interpolated"], [1, 2], 1000)
    assert [texts(cue) for cue in cues_of(gone, WIDE)] == [["ב"]]


def test_a_dash_does_not_make_a_cue_begin_early() -> None:
    """Its time is the silence before the speech; alone in its segment, it is shown then."""
    times: list[tuple[int, int] | None] = [(0, 500), (500, 9000), (9000, 9500)]
    kinds: list[Status] = ["aligned", "interpolated", "aligned"]
    told = cues_of(document(["א", "–", "ב"], times, kinds, [1, 3], 9500), WIDE)
    assert [(cue.start, cue.end) for cue in told] == [(0, 500), (9000, 9500)]
    assert texts(told[1]) == ["–", "ב"]
    alone = cues_of(document(["א", "♪", "ב"], times, kinds, [1, 2, 3], 9500), WIDE)
    assert [(cue.start, cue.end) for cue in alone] == [(0, 500), (500, 9000), (9000, 9500)]


@pytest.mark.parametrize(("gap", "count"), [(PAUSE_MS - 1, 1), (PAUSE_MS, 3)])
def test_a_pause_ends_a_cue(gap: int, count: int) -> None:
    """From a second on."""
    assert len(cues_of(spoken("א", "ב", "ג", gap=gap), WIDE)) == count


def test_a_segment_ends_a_cue() -> None:
    """However short it is."""
    cues = cues_of(spoken("א", "ב", "ג", ends=(1,)), WIDE)
    assert [texts(cue) for cue in cues] == [["א"], ["ב", "ג"]]


def test_cues_break_after_punctuation() -> None:
    """Where a division is needed, a comma near the middle decides it."""
    how = FormatOptions(max_line_width=20, max_line_count=1)
    cues = cues_of(spoken("aaaa", "bbbb", "cccc,", "dddd", "eeee"), how)
    assert [texts(cue) for cue in cues] == [["aaaa", "bbbb", "cccc,"], ["dddd", "eeee"]]
    plain = cues_of(spoken("aaaa", "bbbb,", "cccc", "dddd", "eeee"), how)
    assert [texts(cue) for cue in plain] == [["aaaa", "bbbb,"], ["cccc", "dddd", "eeee"]]


def test_cues_are_of_about_the_same_width() -> None:
    """Where nothing else decides, rather than one that is full and a word alone."""
    how = FormatOptions(max_line_width=24, max_line_count=1)
    cues = cues_of(spoken("aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff"), how)
    assert [len(texts(cue)) for cue in cues] == [3, 3]


def test_a_cue_lasts_no_longer_than_it_may() -> None:
    """Words go to the next one; a single word that lasts longer is shown that long."""
    how = FormatOptions(max_cue_sec=1.0)
    cues = cues_of(spoken("א", "ב", "ג", "ד", length=400), how)
    assert [texts(cue) for cue in cues] == [["א", "ב"], ["ג", "ד"]]
    (long,) = cues_of(spoken("א", length=5000), how)
    assert (long.start, long.end) == (0, 1000)
