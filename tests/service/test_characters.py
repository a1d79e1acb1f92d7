"""Character times: in the order of the text, within their words, from what speaks them."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from bundles import PIECE_STRIDE, RATE, conformer_bundle, planted_bundle
from hypothesis import given
from hypothesis import strategies as st
from placements import placement_of, steady

from service.characters import placed_characters
from service.placing.placed import placed_words
from service.spans import Character, FrameClock, TokenSpan, Word
from service.text.lineup import Lineup, lineup
from service.text.mapping import written_text
from service.text.vocabulary import Vocabulary, vocabulary_of
from service.text.written import WrittenText

FRAME_SEC = PIECE_STRIDE / RATE  # 40 ms


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(conformer_bundle(Path(tmp_path_factory.mktemp("pieces"))))


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(planted_bundle(Path(tmp_path_factory.mktemp("letters"))))


def spans_of(lined_up: Lineup, lengths: Sequence[int], gap: int) -> list[TokenSpan]:
    """Of each target in turn: frames, then as many blanks as the gap has."""
    spans, frame = [], 0
    for index, target in enumerate(lined_up.targets):
        end = frame + lengths[index % len(lengths)]
        spans.append(TokenSpan(target.token, frame, end, 0.9 - 0.1 * (index % 3)))
        frame = end + gap
    return spans


def placed(
    written: WrittenText, lengths: Sequence[int] = (1,), gap: int = 0, seconds: float | None = None
) -> tuple[tuple[Word, ...], tuple[Character, ...]]:
    """Words and characters; the audio ends with the last target unless it is cut."""
    lined_up = lineup(written, gaps="none")
    spans = spans_of(lined_up, lengths, gap)
    frames = spans[-1].end if spans else 10
    clock = FrameClock(PIECE_STRIDE, RATE, frames * FRAME_SEC if seconds is None else seconds)
    words = placed_words(written, placement_of(lined_up, spans), clock, steady(clock))
    return words, placed_characters(lined_up, words, spans, clock)


def times(characters: Sequence[Character]) -> list[tuple[str, float | None, float | None]]:
    return [(item.char, item.start, item.end) for item in characters]


def test_the_characters_of_a_piece_share_its_time(pieces: Vocabulary) -> None:
    """In equal parts; each has the piece's score."""
    _, characters = placed(written_text("है", "hi", pieces), lengths=(2,))
    assert times(characters) == [("ह", 0.0, 0.04), ("ै", 0.04, 0.08)]
    assert {item.score for item in characters} == {0.9}
    assert {item.status for item in characters} == {"aligned"}


def test_a_mark_by_itself_is_the_first_characters(pieces: Vocabulary) -> None:
    """The first character begins with its word; the others with their tokens."""
    _, characters = placed(written_text("नमक", "hi", pieces), gap=1)
    assert times(characters) == [("न", 0.0, 0.16), ("म", 0.16, 0.24), ("क", 0.24, 0.28)]


def test_a_character_of_several_tokens_has_all_their_time(pieces: Vocabulary) -> None:
    """From the first to the last of them, as good as the worst."""
    _, (om,) = placed(written_text("ॐ", "hi", pieces))
    assert (om.char, om.start, om.end, om.status) == ("ॐ", 0.0, 0.12, "aligned")
    assert om.score == pytest.approx(0.7)


def test_silent_characters_last_no_time(pieces: Vocabulary) -> None:
    """They stand at the end of what comes before them; a joiner within a piece, too."""
    _, characters = placed(written_text("“न\u200dी, NO", "hi", pieces), seconds=1.0, lengths=(2,))
    assert [(item.char, item.start, item.end, item.score) for item in characters[:5]] == [
        ("“", 0.0, 0.0, None),
        ("न", 0.0, 0.13, 0.8),
        ("\u200d", 0.13, 0.13, None),
        ("ी", 0.13, 0.26, 0.8),
        (",", 0.26, 0.26, None),
    ]
    assert [item.status for item in characters[:2]] == ["interpolated", "aligned"]


def test_a_word_without_targets_shares_its_gap(pieces: Vocabulary) -> None:
    """Its characters have equal parts of the word's time, and no score."""
    (_, number), characters = placed(written_text("है NO", "hi", pieces), seconds=1.0)
    assert number.start is not None
    middle = (number.start + 1.0) / 2
    assert times(characters[2:]) == [
        ("N", number.start, pytest.approx(middle)),
        ("O", pytest.approx(middle), 1.0),
    ]
    assert {(item.score, item.status) for item in characters[2:]} == {(None, "interpolated")}


def test_a_word_that_was_not_found_has_characters_without_times(pieces: Vocabulary) -> None:
    """Every character comes back all the same."""
    lined_up = lineup(written_text("है", "hi", pieces))
    clock = FrameClock(PIECE_STRIDE, RATE, 1.0)
    word = Word("है", None, None, None, "not_found", 0, 2)
    characters = placed_characters(lined_up, [word], spans_of(lined_up, (1,), 0), clock)
    assert [item.char_start for item in characters] == [0, 1]
    assert {(item.start, item.end, item.score, item.status) for item in characters} == {
        (None, None, None, "not_found")
    }


def test_hebrew_points_last_no_time(letters: Vocabulary) -> None:
    """Letters are timed by their own tokens; a maqaf parts words without a time."""
    _, characters = placed(written_text("עַל־פ", "he", letters))
    assert times(characters) == [
        ("ע", 0.0, 0.04),
        ("ַ", 0.04, 0.04),
        ("ל", 0.04, 0.12),
        ("־", 0.12, 0.12),
        ("פ", 0.12, 0.16),
    ]


def test_the_digits_of_a_number_share_its_time(letters: Vocabulary) -> None:
    """In equal parts, however many words are spoken; their score is that of the worst letter."""
    (word,), characters = placed(written_text("2024", "he", letters))
    assert word.start is not None
    assert word.end is not None
    edges = [round(word.start + part * (word.end - word.start) / 4, 3) for part in range(5)]
    assert times(characters) == list(zip("2024", edges, edges[1:], strict=False))
    assert {(item.score, item.status) for item in characters} == {(0.7, "aligned")}


def test_a_days_digits_are_timed_apart_from_its_months(letters: Vocabulary) -> None:
    """Each part of a date has the time of its own words; the dots last none."""
    _, characters = placed(written_text("1.2", "he", letters))
    moments = {item.char: (item.start, item.end) for item in characters}
    assert characters[0].end == characters[1].start
    assert len(moments) == 3
    _, (day, dot, month, *_) = placed(written_text("1.2.24", "he", letters))
    assert (day.start, dot.end) == (0.0, dot.start)
    assert day.end == dot.start == month.start == pytest.approx(len("ראשון|") * FRAME_SEC)


WRITTEN = st.text(st.sampled_from("नमकऔर्ी\u093c\u095cॐ,।-\u200d 4x")) | st.text()


@given(
    text=WRITTEN,
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=7),
    gap=st.integers(0, 4),
    cut=st.floats(0, 1),
)
def test_characters_are_ordered_within_their_words(
    pieces: Vocabulary, text: str, lengths: list[int], gap: int, cut: float
) -> None:
    """Every character but spaces comes back; no time is negative, out of order, or past the end."""
    written = written_text(text, "hi", pieces)
    whole = (spans_of(lineup(written), lengths, gap) or [TokenSpan(0, 0, 10, 1.0)])[
        -1
    ].end * FRAME_SEC
    duration = max(FRAME_SEC, whole - cut * FRAME_SEC)  # a last frame that the audio does not fill
    words, characters = placed(written, lengths, gap, duration)
    assert "".join(item.char for item in characters) == "".join(text.split())
    assert [item.char_start for item in characters] == [
        place for word in words for place in range(word.char_start, word.char_end)
    ]
    remaining = iter(characters)
    for word in words:
        assert word.start is not None
        assert word.end is not None
        before = word.start
        for item in (next(remaining) for _ in word.word):
            assert item.start is not None
            assert item.end is not None
            assert 0 <= before <= item.start <= item.end <= word.end <= round(duration, 3)
            assert (item.score is None) == (item.status == "interpolated")
            before = item.end
