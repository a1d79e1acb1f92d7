"""What is said, and what only lays a text out."""

import pytest

from service.text.punctuation import is_said, parts_words


@pytest.mark.parametrize("character", "שनaж字7७²½%&@#₪₹+=°™🙂\U0001fae8½")
def test_letters_digits_and_symbols_are_said(character: str) -> None:
    """Of any script, with emoji that came after Python's tables."""
    assert is_said(character)


@pytest.mark.parametrize(
    "character", ".,:;!?'\"()[]-–—־׳״।•·*_…→■▁│|~<>\u05b8\u093c\u200d\ud800\ue000"
)
def test_punctuation_marks_and_bullets_are_not(character: str) -> None:
    """Nor points, joiners, arrows, boxes, and what has no meaning of its own."""
    assert not is_said(character)


@pytest.mark.parametrize(
    ("character", "parts"),
    [("-", True), ("־", True), ("।", True), ("/", True), (".", False), (":", False), ("״", False)],
)
def test_dashes_and_commas_part_words(character: str, parts: bool) -> None:
    """A full stop, a colon and quotes stand within words."""
    assert parts_words(character) == parts
