import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.formats.document import MAX_SEGMENT_SEC, PAUSE_SEC, Document, document_of
from service.spans import Transcript, Word

lengths = st.sampled_from([0.05, 0.4, 3.0, 20.0])
pauses = st.sampled_from([0.0, 0.1, 0.3, 0.699, 0.7, 2.0])


def transcript(times: list[tuple[float, float]]) -> Transcript:
    words = [
        Word(f"w{index}", start, end, 0.25, "aligned", 3 * index, 3 * index + 2)
        for index, (start, end) in enumerate(times)
    ]
    text = " ".join(word.word for word in words)
    return Transcript(text, 0.9, tuple(words), 1000.0, "he", "he-demo", {})


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    place, times = 0.0, []
    for length, pause in draw(st.lists(st.tuples(lengths, pauses), max_size=9)):
        times.append((round(place + pause, 3), round(place + pause + length, 3)))
        place = times[-1][1]
    return transcript(times)


def pause_before(document: Document, place: int) -> float:
    pause = (document.words[place].start or 0) - (document.words[place - 1].end or 0)
    return round(pause, 3)


@given(transcripts())
def test_a_transcript_is_divided_at_pauses(heard: Transcript) -> None:
    """Each word is in one segment; each long pause ends one; one that is not at a long pause is
    there because all up to the next long pause is too long; none is too long but a single word.
    """
    document = document_of(heard)
    places = [0, *(segment.end_word for segment in document.segments)]
    assert places[-1] == len(heard.words)
    for segment, (first, end) in zip(document.segments, itertools.pairwise(places), strict=True):
        assert (segment.first_word, segment.end_word) == (first, end)
        assert segment.text == " ".join(word.word for word in heard.words[first:end])
        assert heard.text[segment.char_start : segment.char_end] == segment.text
        assert segment.start is not None
        assert segment.end is not None
        assert end - first == 1 or segment.end - segment.start <= MAX_SEGMENT_SEC
        assert all(pause_before(document, at) < PAUSE_SEC for at in range(first + 1, end))
    breaks = [at for at in range(1, len(heard.words)) if pause_before(document, at) >= PAUSE_SEC]
    assert set(breaks) <= set(places)
    for first, end in itertools.pairwise(dict.fromkeys([0, *breaks, len(heard.words)])):
        whole = (heard.words[end - 1].end or 0) - (heard.words[first].start or 0)
        assert whole > MAX_SEGMENT_SEC or not set(range(first + 1, end)) & set(places)


def test_a_long_segment_is_divided_at_its_longest_pause() -> None:
    """And at the one nearest the middle of equal ones."""
    times = [(0.0, 8.0), (8.1, 9.0), (9.5, 12.0), (12.1, 16.0)]
    segments = document_of(transcript(times)).segments
    assert [(item.start, item.end) for item in segments] == [(0.0, 9.0), (9.5, 16.0)]
    even = document_of(transcript([(place, place + 5) for place in (0.0, 5.0, 10.0, 15.0)]))
    assert [item.first_word for item in even.segments] == [0, 2]


def test_a_segments_score_is_that_of_its_words_by_their_length() -> None:
    """Exp of the mean of log score; equal scores give the same."""
    assert document_of(transcript([(0, 1), (1, 4)])).segments[0].score == pytest.approx(0.25)


def test_silence_has_no_segments() -> None:
    """And no words."""
    document = document_of(transcript([]), "silence")
    assert (document.name, document.words, document.segments) == ("silence", (), ())
