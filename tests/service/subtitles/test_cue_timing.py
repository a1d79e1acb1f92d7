"""New times of cues from the times of their words."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import EmptySubtitles
from service.spans import Segment, Status, Word
from service.subtitles.cue import Cue
from service.subtitles.timing import Heard, heard_cues, new_times, script_of

MS = 0.001
LONG_SEC = 1e4  # of audio that ends after all cues


def cue(start: float, end: float, spoken: str = "x") -> Cue:
    return Cue(spoken, spoken, start, end)


def heard(start: float, end: float) -> Heard:
    return Heard(start, end, 0.5)


def word(text: str, place: int, times: tuple[float, float] | None, status: Status) -> Word:
    start, end = times or (None, None)
    score = 0.5 if status == "aligned" else None
    return Word(text, start, end, score, status, place, place + len(text))


def line(score: float, first: int, end: int) -> Segment:
    return Segment("", None, None, score, "aligned", 0, 0, first, end)


def spans(
    cues: list[Cue],
    found: dict[int, Heard],
    linger_sec: float = 0.0,
    duration_sec: float = LONG_SEC,
) -> list[tuple[float, float]]:
    timings = new_times(cues, found, duration_sec, linger_sec)
    return [(item.start, item.end) for item in timings]


def test_the_script_has_a_line_a_cue_in_the_order_of_time() -> None:
    """Cues in which nothing is said have none."""
    script = script_of([cue(5, 6, "c"), cue(1, 2, "a a"), cue(3, 4, ""), cue(1, 3, "b")])
    assert script.text == "a a\nb\nc"
    assert (script.cues, script.starts) == ((1, 3, 0), (0, 4, 6))


def test_cues_without_words_are_refused() -> None:
    """There is nothing to align."""
    with pytest.raises(EmptySubtitles, match="got 2 without"):
        script_of([cue(0, 1, ""), cue(1, 2, "")])


def test_a_cue_begins_with_its_first_word_and_ends_with_its_last() -> None:
    """Of those that were found; its score is its line's."""
    script = script_of([cue(0, 1, "ab cd"), cue(1, 2, "ef 5 gh"), cue(2, 3, "ij kl mn")])
    words = [
        word("ab", 0, (1.0, 1.5), "aligned"),
        word("cd", 3, (1.5, 2.0), "aligned"),
        word("ef", 6, None, "not_found"),
        word("5", 9, (2.0, 9.0), "interpolated"),
        word("gh", 11, (2.5, 3.0), "aligned"),
        word("ij", 14, (3.0, 3.5), "aligned"),
        word("kl", 17, None, "not_found"),
        word("mn", 20, None, "not_found"),
    ]
    lines = [line(0.4, 0, 2), line(0.6, 2, 5), line(0.8, 5, 8)]
    assert heard_cues(script, words, lines) == {0: Heard(1.0, 2.0, 0.4), 1: Heard(2.5, 3.0, 0.6)}


def test_what_was_not_heard_moves_with_its_neighbours() -> None:
    """By as much before the first and after the last, in proportion between, at its own length."""
    cues = [cue(0, 1), cue(2, 3), cue(5, 5.5), cue(8, 9), cue(20, 21)]
    timings = new_times(cues, {1: heard(12, 13), 3: heard(28, 29)}, LONG_SEC)
    assert [timing.status for timing in timings] == [
        "moved", "retimed", "moved", "retimed", "moved",
    ]  # fmt: skip
    assert [(timing.start, timing.end) for timing in timings] == [
        (10, 11), (12, 13), (19, 19.5), (28, 29), (40, 41),
    ]  # fmt: skip
    assert [timing.score for timing in timings] == [None, 0.5, None, 0.5, None]


def test_a_moved_cue_is_shortened_where_there_is_no_room() -> None:
    """It ends before the next begins, and lasts a millisecond at least."""
    cues = [cue(0, 1), cue(1, 3), cue(3, 4)]
    assert spans(cues, {0: heard(0, 1), 2: heard(1.5, 2)}) == [(0, 1), (1, 1.5), (1.5, 2)]
    assert spans(cues, {0: heard(0, 1), 2: heard(1, 2)}) == [(0, 1), (1, 1.001), (1.001, 2)]


def test_a_cue_lingers_until_the_next_begins() -> None:
    """Speech is never cut by that."""
    cues = [cue(0, 1), cue(1, 2), cue(5, 6)]
    found = {0: heard(0, 1), 1: heard(1.2, 2), 2: heard(4, 5)}
    assert spans(cues, found, 0.5) == [(0, 1.2), (1.2, 2.5), (4, 5.5)]
    overlapping = [cue(0, 3), cue(1, 4), cue(2, 6)]
    assert spans(overlapping, found, 0.5) == [(0, 1.2), (1.2, 2.5), (4, 5.5)]


def test_cues_that_overlapped_may_overlap_again() -> None:
    """Two speakers at once, one of them without words that were found."""
    cues = [cue(0, 4), cue(1, 3, ""), cue(5, 6)]
    assert spans(cues, {0: heard(1, 5), 2: heard(6, 7)}) == [(1, 5), (2, 4), (6, 7)]


def test_nothing_moves_where_nothing_was_heard() -> None:
    """The file stays as it is."""
    timings = new_times([cue(3, 4), cue(1, 1)], {}, 2.0)
    assert [(item.start, item.end, item.status) for item in timings] == [
        (3, 4, "kept"),
        (1, 1, "kept"),
    ]


def test_no_cue_passes_the_end_of_the_audio() -> None:
    """One that lingers ends with it, and so does one that would begin after it."""
    assert spans([cue(0, 1)], {0: heard(2, 3)}, 10, 4.18) == [(2, 4.18)]
    assert spans([cue(0, 1), cue(9, 10)], {0: heard(2, 3)}, 0, 4.18) == [(2, 3), (4.179, 4.18)]
    crowd = [cue(0, 1), cue(1, 2), cue(2, 3)]
    assert spans(crowd, {0: heard(2, 3)}, 0, 3) == [(2, 2.998), (2.998, 2.999), (2.999, 3)]
    together = [cue(0, 1), cue(8, 9), cue(8, 9)]
    assert spans(together, {0: heard(2, 3)}, 0, 4) == [(2, 3), (3.999, 4), (3.999, 4)]


def test_more_cues_than_milliseconds_stay_apart() -> None:
    """They pass the end, as there is no room."""
    crowd = [cue(second, second + 1) for second in range(5)]
    new = spans(crowd, {0: heard(0, 0.001)}, 0, 0.002)
    assert new == [(round(n * MS, 3), round((n + 1) * MS, 3)) for n in range(5)]


SECONDS = st.integers(0, 200).map(lambda tenths: tenths / 10)


@given(
    st.lists(st.tuples(SECONDS, SECONDS, st.booleans()), min_size=1, max_size=12),
    st.lists(SECONDS, min_size=24, max_size=24),
    st.sampled_from([0.0, 0.3, 5.0]),
    st.sampled_from([0.5, 3.217, 15.0, LONG_SEC]),
)
def test_cues_keep_their_order_and_do_not_run_into_each_other(
    rows: list[tuple[float, float, bool]],
    places: list[float],
    linger_sec: float,
    duration_sec: float,
) -> None:
    """Whatever was heard where: each lasts, none begins before the recording or ends after it, and
    two that did not overlap do not.
    """
    cues = [cue(start, end) for start, end, _ in rows]
    order = sorted(range(len(cues)), key=lambda i: (cues[i].start, cues[i].end, i))
    times = iter(sorted(places))
    found = {i: heard(next(times), next(times)) for i in order if rows[i][2]}
    if not found:
        return
    new = spans(cues, found, linger_sec, duration_sec)
    assert all(start >= 0 and end - start > MS / 2 for start, end in new)
    assert max(end for _, end in new) <= duration_sec
    for one, other in itertools.permutations(range(len(cues)), 2):
        if max(cues[one].start, cues[one].end) <= cues[other].start and order.index(
            one
        ) < order.index(other):
            assert new[one][1] <= new[other][0]


@given(
    st.lists(st.integers(1, 50), min_size=2, max_size=20),
    st.floats(0.8, 1.25),
    st.floats(0, 30),
    st.data(),
)
def test_a_shift_and_a_stretch_are_undone_for_all_cues(
    lengths: list[int], stretch: float, shift: float, data: st.DataObject
) -> None:
    """A cue that nobody heard lands where the truth is, between two that were heard."""
    edges = list(itertools.accumulate(lengths, initial=0))
    truth = list(itertools.pairwise(edges))
    wrong = [cue(start * stretch + shift, end * stretch + shift) for start, end in truth]
    inner = range(1, len(truth) - 1)
    silent = set(data.draw(st.lists(st.sampled_from(inner)))) if inner else set()
    found = {i: heard(*span) for i, span in enumerate(truth) if i not in silent}
    for (start, end), (true_start, true_end) in zip(spans(wrong, found), truth, strict=True):
        assert start == pytest.approx(true_start, abs=2 * MS)
        assert end <= true_end + 0.26 * (true_end - true_start) + 2 * MS
