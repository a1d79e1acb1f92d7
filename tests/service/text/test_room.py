"""Text is refused as soon as the audio cannot hold it."""

from pathlib import Path

import pytest
from bundles import conformer_bundle, planted_bundle
from hypothesis import given
from hypothesis import strategies as st

from service.align import frames_needed
from service.errors import TranscriptTooLong
from service.text.lineup import lineup
from service.text.mapping import written_text
from service.text.vocabulary import SpelledToken, Vocabulary, vocabulary_of


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(planted_bundle(Path(tmp_path_factory.mktemp("letters"))))


@pytest.fixture(scope="module")
def hindi_pieces(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(conformer_bundle(Path(tmp_path_factory.mktemp("pieces"))))


TEXTS = st.text(st.sampled_from("אבנमकी x\n12-"))


@given(text=TEXTS, is_hindi=st.booleans())
def test_a_text_is_read_where_it_fits_and_nowhere_else(
    letters: Vocabulary, hindi_pieces: Vocabulary, text: str, is_hindi: bool
) -> None:
    """The frames are those that its first readings need: one fewer, and it is refused."""
    language, vocabulary = ("hi", hindi_pieces) if is_hindi else ("he", letters)
    whole = written_text(text, language, vocabulary)
    needed = frames_needed(lineup(whole).tokens)
    assert written_text(text, language, vocabulary, frames=needed) == whole
    if needed:
        with pytest.raises(TranscriptTooLong) as caught:
            written_text(text, language, vocabulary, frames=needed - 1)
        assert caught.value.facts["frames_needed"] == needed


def test_words_after_the_last_that_fits_are_not_read(
    letters: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error tells of the frames, and of the tokens so far."""
    asked: list[str] = []
    spell_word = letters.spell

    def counted(word: str) -> list[SpelledToken]:
        asked.append(word)
        return spell_word(word)

    monkeypatch.setattr(letters, "spell", counted)
    with pytest.raises(TranscriptTooLong) as caught:
        written_text("אב גד הו זח טי", "he", letters, frames=6)
    assert {"אב", "גד", "הו"} <= set(asked)
    assert not {"זח", "טי"} & set(asked)
    assert caught.value.facts == {"frames_needed": 8, "frames": 6, "tokens": 8}


def test_a_text_can_be_left_while_it_is_read(letters: Vocabulary) -> None:
    """Progress is told of every few hundred words, and what it raises ends the reading."""
    calls = 0

    def leave_at_the_third() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        written_text("אב " * 600, "he", letters, on_progress=leave_at_the_third)
    calls = -1_000
    written_text("אב " * 600, "he", letters, on_progress=leave_at_the_third)
    assert calls == -997
