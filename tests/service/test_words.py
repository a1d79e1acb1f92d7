"""Words from pieces: what begins one, and what leaves no trace."""

from pathlib import Path

import pytest
from bundles import PIECE_STRIDE, RATE, conformer_bundle, path_of_pieces, pieces
from placements import steady

from service.spans import FrameClock, TokenSpan, Word
from service.text.vocabulary import vocabulary_of
from service.words import heard_words

FRAME_SEC = PIECE_STRIDE / RATE


def heard(folder: Path, *spoken: str) -> tuple[Word, ...]:
    """The words of a path of pieces, a frame each."""
    path = path_of_pieces(*spoken)
    spans = [
        TokenSpan(token, frame, frame + 1, 0.9)
        for frame, token in enumerate(path)
        if token != len(pieces())
    ]
    vocabulary = vocabulary_of(conformer_bundle(folder))
    clock = FrameClock(PIECE_STRIDE, RATE, len(path) * FRAME_SEC)
    return heard_words(spans, vocabulary, clock, steady(clock))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (["▁है", "_", "न", "म"], ["हैनम"]),
        (["न", "▁है"], ["न", "है"]),  # a first word without a mark
        (["▁", "न", "म", "▁", "क"], ["नम", "क"]),  # a mark by itself
        (["▁", "▁है", "▁", "▁", "क", "▁"], ["है", "क"]),  # marks that begin nothing
        (["▁", "<unk>", "न", "<unk>"], ["न"]),
        (["<unk>", "▁"], []),
        ([], []),
    ],
)
def test_a_mark_begins_a_word(tmp_path: Path, path: list[str], words: list[str]) -> None:
    """Within a piece or by itself; unknown pieces leave no trace."""
    found = heard(tmp_path, *path)
    assert [word.word for word in found] == words
    text = " ".join(words)
    assert all(text[word.char_start : word.char_end] == word.word for word in found)


def test_a_word_begins_with_its_mark(tmp_path: Path) -> None:
    """Times are those of the frames, 40 ms each, and words do not overlap."""
    first, second = heard(tmp_path, "_", "▁", "न", "म", "▁है")
    assert (first.start, first.end) == pytest.approx((FRAME_SEC, 4 * FRAME_SEC))
    assert (second.start, second.end) == pytest.approx((4 * FRAME_SEC, 5 * FRAME_SEC))
    assert (first.score, second.score) == (0.9, 0.9)
