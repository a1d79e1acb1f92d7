"""Times of written words and segments, from placements made by hand."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from bundles import RATE, STRIDE, planted_bundle
from placements import placement_of, steady

from service.levels import HOPS_A_SEC
from service.placing.placed import placed_segments, placed_words
from service.placing.unwritten import unwritten_speech
from service.spans import FrameClock, Segment, TokenSpan, Unwritten, Word
from service.text.lineup import lineup
from service.text.mapping import written_text
from service.text.vocabulary import Vocabulary, vocabulary_of

FRAME_SEC = STRIDE / RATE  # 20 ms
QUIET_DB = -70.0  # against 0 of speech


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(planted_bundle(Path(tmp_path_factory.mktemp("letters"))))


class Spoken:
    """A text whose targets stand on the frames that are given, two frames each."""

    def __init__(
        self,
        text: str,
        vocabulary: Vocabulary,
        starts: list[int],
        absorbed: list[int],
        seconds: float = 2.0,
        missing: frozenset[int] = frozenset(),
        pauses: Sequence[tuple[float, float]] = (),
    ) -> None:
        self.written = written_text(text, "he", vocabulary)
        line = lineup(self.written, without=missing)
        spans = [
            TokenSpan(target.token, start, start + 2, 0.5)
            for target, start in zip(line.targets, starts, strict=True)
        ]
        self.clock = FrameClock(STRIDE, RATE, seconds)
        self.placement = placement_of(
            line, spans, absorbed, round(seconds / FRAME_SEC), missing=missing
        )
        self.levels = steady(self.clock)
        for start, end in pauses:
            self.levels[round(start * HOPS_A_SEC) : round(end * HOPS_A_SEC)] = QUIET_DB

    def words(self) -> tuple[Word, ...]:
        """All of them, with their times."""
        return placed_words(self.written, self.placement, self.clock, self.levels)

    def segments(self) -> tuple[Segment, ...]:
        """Of the same words."""
        return placed_segments(self.written, self.placement, self.words())

    def unwritten(self, *heard: tuple[str, float, float]) -> tuple[Unwritten, ...]:
        """Given the words of a greedy path with their times."""
        words = [Word(text, start, end, 0.9, "aligned", 0, 0) for text, start, end in heard]
        return unwritten_speech(self.written, self.placement, words, self.clock, self.levels)


def times(words: tuple[Word, ...]) -> list[tuple[float | None, float | None, str]]:
    return [(word.start, word.end, word.status) for word in words]


def test_a_foreign_word_has_the_time_of_what_was_absorbed(letters: Vocabulary) -> None:
    """Not the whole gap: the pauses around it are nobody's."""
    absorbed = [*range(20, 30), *range(42, 45)]
    pauses = [(0.3, 0.4), (0.9, 1.2)]
    spoken = Spoken("אל NATO אל", letters, [10, 12, 40, 60, 62], absorbed, pauses=pauses)
    assert times(spoken.words()) == [
        (0.2, 0.3, "aligned"),
        (0.4, 0.9, "interpolated"),
        (1.2, pytest.approx(1.38), "aligned"),
    ]
    assert spoken.unwritten(("נאטו", 0.4, 0.9)) == ()


def test_words_that_cannot_be_spelled_share_what_was_absorbed(letters: Vocabulary) -> None:
    """In equal parts, in order; with nothing absorbed the gap itself."""
    starts, pauses = [10, 12, 40, 60, 62], [(0.6, 1.2)]
    spoken = Spoken("אל NATO 😀 אל", letters, starts, list(range(20, 30)), pauses=pauses)
    assert times(spoken.words())[1:3] == [(0.4, 0.5, "interpolated"), (0.5, 0.6, "interpolated")]
    silent = Spoken("אל — אל", letters, [10, 12, 40, 60, 62], [])
    first, dash, last = silent.words()
    assert (dash.start, dash.end) == (first.end, last.start)
    assert dash.status == "interpolated"


def test_what_is_foreign_at_a_words_end_is_the_words(letters: Vocabulary) -> None:
    """A prefix in Hebrew on a name in another script: the word ends with the name."""
    absorbed, pauses = list(range(14, 24)), [(0.5, 0.8)]
    spoken = Spoken("ל-NATO אל", letters, [10, 30, 40, 42], absorbed, pauses=pauses)
    first, second = spoken.words()
    assert (first.start, first.end) == (0.2, 0.5)  # its sound goes on after its last frame
    assert second.start == pytest.approx(0.8)
    assert spoken.unwritten(("נאטו", 0.28, 0.48)) == ()


def test_words_that_were_not_found_have_no_time(letters: Vocabulary) -> None:
    """And take none from a dash beside them."""
    spoken = Spoken("אל ספר — אל", letters, [10, 12, 40, 60, 62], [], missing=frozenset({1}))
    assert times(spoken.words())[1] == (None, None, "not_found")
    assert spoken.words()[2].status == "interpolated"
    assert spoken.words()[2].end == spoken.words()[3].start


def test_a_number_names_its_reading(letters: Vocabulary) -> None:
    """Where there are several; a plain word has none to name."""
    written = written_text("5", "he", letters)
    count = len(written.words[0].readings[0].targets)
    (number,) = Spoken("5", letters, [10 + 3 * i for i in range(count)], []).words()
    assert number.word == "5"
    assert number.reading == written.words[0].readings[0].text
    (plain,) = Spoken("אל", letters, [10, 12], []).words()
    assert plain.reading is None


def test_speech_between_two_words_belongs_to_neither(letters: Vocabulary) -> None:
    """A word does not run on into what was absorbed."""
    absorbed, pauses = list(range(16, 36)), [(0.75, 1.0)]
    spoken = Spoken("אל אל", letters, [10, 12, 40, 50, 52], absorbed, pauses=pauses)
    assert spoken.words()[0].end == 0.32
    assert spoken.unwritten(("ילד", 0.3, 0.5), ("הלך", 0.5, 0.7), ("אל", 1.0, 1.1)) == (
        Unwritten(0.32, 0.75, "ילד הלך"),  # to the end of its sound
    )


def test_a_separator_does_not_part_unwritten_speech(letters: Vocabulary) -> None:
    """The same gap is absorbed before it and after it; words part what is said around them."""
    absorbed = [*range(20, 36), *range(42, 46), *range(58, 70)]
    pauses = [(0.92, 1.0), (1.5, 2.0)]
    spoken = Spoken("אל אל", letters, [10, 12, 40, 50, 52], absorbed, pauses=pauses)
    assert spoken.unwritten(("ילד", 0.4, 0.6), ("הלך", 0.7, 0.9), ("גדול", 1.2, 1.4)) == (
        Unwritten(0.4, 0.92, "ילד הלך"),
        Unwritten(1.16, 1.5, "גדול"),
    )


def test_speech_runs_on_to_the_next_words_start(letters: Vocabulary) -> None:
    """Without a pause, like a word; the last word before speech ends where that begins."""
    absorbed = [*range(20, 36), *range(58, 70)]
    spoken = Spoken("אל אל", letters, [10, 12, 40, 50, 52], absorbed)
    before, after = spoken.words()
    first, second = spoken.unwritten(("ילד", 0.4, 0.9), ("הלך", 1.2, 1.4))
    assert (before.end, first.start, first.end) == (0.4, 0.4, after.start)
    assert (after.end, second.start) == (1.16, 1.16)
    assert second.end == pytest.approx(1.5)  # no word follows, and no pause: a last sound's time


def test_unwritten_speech_is_cut_at_pauses(letters: Vocabulary) -> None:
    """What is a second apart is told apart; a stretch of nothing heard is no speech."""
    absorbed = [*range(10, 20), *range(80, 90), *range(145, 150)]
    pauses = [(0.4, 1.6), (1.8, 2.9)]
    spoken = Spoken("אל", letters, [180, 182], absorbed, seconds=4.0, pauses=pauses)
    heard = (("ילד", 0.2, 0.4), ("הלך", 1.6, 1.8), ("א", 2.9, 3.0))
    assert spoken.unwritten(*heard) == (
        Unwritten(0.2, 0.4, "ילד"),
        Unwritten(1.6, 1.8, "הלך"),
    )


def test_segments_go_from_their_first_word_to_their_last(letters: Vocabulary) -> None:
    """A line whose words were not said has no time; one of symbols is interpolated."""
    spoken = Spoken(
        "אל ספר\nאל\n😀",
        letters,
        [10, 12],
        list(range(20, 30)),
        missing=frozenset({1, 2}),
        pauses=[(0.6, 2.0)],
    )
    first, second, third = spoken.segments()
    assert (first.text, first.start, first.status) == ("אל ספר", 0.2, "aligned")
    assert (first.first_word, first.end_word) == (0, 2)
    assert first.score == pytest.approx(0.5)
    assert (second.text, second.start, second.end) == ("אל", None, None)
    assert (second.score, second.status) == (None, "not_found")
    assert (third.start, third.end, third.status) == (0.4, 0.6, "interpolated")
