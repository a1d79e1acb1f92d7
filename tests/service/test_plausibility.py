"""What is told of an alignment that no listener would believe."""

from dataclasses import replace

import pytest

from service.plausibility import LEAST_QUALITY, doubts, longest_gap
from service.spans import FrameClock, Segment, Status, TokenSpan, Word

GOOD = 0.97


def word(start: float, end: float, text: str = "שלום", status: Status = "aligned") -> Word:
    if status == "not_found":
        return Word(text, None, None, None, status, 3, 3 + len(text))
    return Word(text, start, end, 0.9, status, 3, 3 + len(text))


def segment(words: list[Word]) -> Segment:
    return Segment("", words[0].start, words[-1].end, 0.9, "aligned", 0, 0, 0, len(words))


def told(
    words: list[Word], gaps_sec: list[float] | None = None, quality: float = GOOD
) -> list[str]:
    gaps = gaps_sec or [0.0] * len(words)
    return list(doubts(words, [segment(words)], gaps, quality))


def test_ordinary_speech_raises_no_doubt() -> None:
    """Words of common length, at a common rate; a symbol may last long."""
    words = [word(0.0, 0.5), word(0.5, 1.0), word(1.0, 9.0, "😀", "interpolated")]
    assert told(words) == []


def test_a_text_that_hardly_fits_is_told_first() -> None:
    """With the share that seems to be said."""
    first, *_ = told([word(0.0, 0.5)], quality=LEAST_QUALITY - 0.3)
    assert "20%" in first


def test_words_that_were_not_found_are_counted_and_named() -> None:
    """With their places in the text; the first few of many."""
    words = [word(0.0, 0.5), *(word(0, 0, f"ילד{i}", "not_found") for i in range(7))]
    (warning,) = told(words)
    assert warning.startswith("7 of 8 words were not found: 'ילד0' at character 3,")
    assert warning.endswith("and 2 more")


@pytest.mark.parametrize(
    ("seconds", "letters", "doubted"), [(1.9, 4, 0), (2.1, 4, 1), (3.9, 16, 0)]
)
def test_a_word_that_lasts_too_long_is_told(seconds: float, letters: int, doubted: int) -> None:
    """A longer word may last longer."""
    assert len(told([word(1.0, 1.0 + seconds, "ש" * letters)])) == doubted


def test_a_number_may_last_as_long_as_its_words() -> None:
    """1947 is said in five."""
    year = Word("1947", 1.0, 6.0, 0.9, "aligned", 0, 4, "एक हज़ार नौ सौ सैंतालीस")
    assert told([year]) == []
    assert len(told([replace(year, end=12.0)])) == 1


def test_speech_that_nobody_can_speak_is_told() -> None:
    """Forty letters a second; a single short word has no rate."""
    (warning,) = told([word(0.1 * i, 0.1 * i + 0.1) for i in range(5)])
    assert "40 letters a second" in warning
    assert told([word(0.0, 0.1)]) == []


def test_a_word_with_a_hole_is_told() -> None:
    """Its letters stand far apart."""
    (warning,) = told([word(0.0, 1.9)], gaps_sec=[1.5])
    assert "1.5 s" in warning


def test_the_longest_gap_is_between_two_tokens() -> None:
    """In seconds; 0 for a word of one token."""
    clock = FrameClock(320, 16_000, 10.0)
    spans = [TokenSpan(1, 0, 2, 1.0), TokenSpan(2, 12, 13, 1.0), TokenSpan(3, 14, 15, 1.0)]
    assert longest_gap(spans, clock) == pytest.approx(0.2)
    assert longest_gap(spans[:1], clock) == 0.0
