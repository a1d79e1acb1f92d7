"""Targets in a row, and where other speech may stand between them."""

from pathlib import Path
from typing import Literal

import pytest
from bundles import TOKENS, conformer_bundle, pieces, planted_bundle
from hypothesis import given
from hypothesis import strategies as st

from service.text.lineup import Lineup, lineup
from service.text.mapping import written_text
from service.text.vocabulary import Vocabulary, vocabulary_of
from service.text.written import WrittenText


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(planted_bundle(Path(tmp_path_factory.mktemp("letters"))))


@pytest.fixture(scope="module")
def hindi_pieces(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(conformer_bundle(Path(tmp_path_factory.mktemp("pieces"))))


def drawn(row: Lineup) -> str:
    """Its letters, with * at each free position."""
    free = set(row.free.tolist())
    spelled = [TOKENS[target.token] for target in row.targets]
    return "".join(
        ("*" if position in free else "") + letter for position, letter in enumerate([*spelled, ""])
    )


def written(text: str, vocabulary: Vocabulary) -> WrittenText:
    return written_text(text, "he", vocabulary)


@pytest.mark.parametrize(
    ("text", "gaps", "expected"),
    [
        ("אב גד", "none", "אב|גד"),
        ("אב גד", "ends", "*אב|גד*"),
        ("אב\nגד", "ends", "*אב|גד*"),
        ("אב גד\nהו", "lines", "*אב|גד*|*הו*"),
        ("\nאב\n\nגד\n", "lines", "*אב*|*גד*"),
        ("אב. גד", "lines", "*אב|גד*"),  # a sentence is no line
        ("אב NATO גד", "none", "אב*|*גד"),
        ("אב – גד", "none", "אב|גד"),  # a dash is silent
        ("אב 🙂 גד", "none", "אב*|*גד"),
        ("ה-NATO גד", "none", "ה*|*גד"),
        ("אב-NATO-גד", "none", "אב*|*גד"),
        ("אבxגד", "none", "אב*גד"),
        ("xאב גדx", "none", "*אב|גד*"),
        ("אב xגד", "none", "אב*|*גד"),
        ("NATO 🙂", "none", "*"),
        ("NATO\n🙂", "lines", "*"),
        ("–", "none", ""),
        ("–", "ends", "*"),
        ("", "ends", "*"),
    ],
)
def test_free_positions_stand_where_speech_may_be(
    letters: Vocabulary, text: str, gaps: Literal["none", "ends", "lines"], expected: str
) -> None:
    """On both sides of a separator, once each."""
    assert drawn(lineup(written(text, letters), gaps=gaps)) == expected


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        ({1}, "אב*|*הו"),
        ({0}, "*גד|הו"),
        ({2}, "אב|גד*"),
        ({0, 1}, "*הו"),
        ({0, 1, 2}, "*"),
        ((), "אב|גד|הו"),
    ],
)
def test_a_word_that_was_not_said_leaves_a_free_position(
    letters: Vocabulary, without: set[int], expected: str
) -> None:
    """It has no targets, and the others keep their places."""
    row = lineup(written("אב גד הו", letters), without=without, gaps="none")
    assert drawn(row) == expected
    for index, places in enumerate(row.places):
        assert (places is None) == (index in without)
        if places:
            spoken = row.targets[places[0] : places[1] + 1]
            assert [place for target in spoken for place in target.places] == [
                3 * index,
                3 * index + 1,
            ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("אב גד", "א-ב|ג-ד"),
        ("אבג", "א-ב-ג"),
        ("אב-גד", "א-ב|ג-ד"),  # parts of a word may be apart
        ("אבxגד", "א-בג-ד"),  # and so may what stands around a foreign letter
        ("א", "א"),
    ],
)
def test_letters_that_follow_one_another_are_told(
    letters: Vocabulary, text: str, expected: str
) -> None:
    """Where nothing parts them, and nothing else is said between them."""
    row = lineup(written(text, letters), gaps="words")
    inner = set(row.inner.tolist())
    spelled = [TOKENS[target.token] for target in row.targets]
    drawn = "".join(("-" if place in inner else "") + own for place, own in enumerate(spelled))
    assert drawn == expected


def test_gaps_are_opened_where_asked_for(letters: Vocabulary) -> None:
    """Before a word, around what parts it from the one before, and nowhere else."""
    text = written("אב גד הו", letters)
    assert drawn(lineup(text, gaps="none", opened={1})) == "אב*|*גד|הו"
    assert drawn(lineup(text, gaps="none", opened={0})) == "*אב|גד|הו"
    assert drawn(lineup(text, gaps="none", opened={2}, without={1})) == "אב*|*הו"


def test_a_window_is_a_part_of_the_text(letters: Vocabulary) -> None:
    """Places are counted from its first target, characters from the text's first."""
    row = lineup(written("אב גד הו", letters), words=range(1, 3), gaps="none")
    assert drawn(row) == "גד|הו"
    assert row.places == ((0, 1), (3, 4))
    assert row.targets[0].places == (3,)
    assert drawn(lineup(written("אב x גד", letters), words=range(1, 3), gaps="none")) == "*גד"
    assert drawn(lineup(written("אב", letters), words=range(0), gaps="none")) == ""


def test_each_word_has_the_reading_that_was_chosen(letters: Vocabulary) -> None:
    """The first where none was."""
    text = written("5 גד 5", letters)
    first, other = (reading.text for reading in text.words[2].readings[:2])
    row = lineup(text, readings={2: 1}, gaps="none")
    assert drawn(row) == f"{text.words[0].readings[0].text}|גד|{other}"
    assert first != other
    assert row.places[2] == (len(row.targets) - len(other), len(row.targets) - 1)
    assert {target.places for target in row.targets[-len(other) :]} == {(5,)}


def test_pieces_need_no_separator(hindi_pieces: Vocabulary) -> None:
    """A free position is before the mark that begins the next word."""
    row = lineup(written_text("है NATO नम", "hi", hindi_pieces), gaps="none")
    assert [pieces()[token] for token in row.tokens.tolist()] == ["▁है", "▁", "न", "म"]
    assert row.free.tolist() == [1]
    row = lineup(written_text("है NATOनम", "hi", hindi_pieces), gaps="none")
    assert row.free.tolist() == [1]


@given(text=st.text(st.sampled_from("אב5x🙂 -\n.")), data=st.data())
def test_what_is_left_out_changes_nothing_else(
    letters: Vocabulary, text: str, data: st.DataObject
) -> None:
    """The targets of the words that stay are those of a text without the others."""
    whole = written(text, letters)
    count = len(whole.words)
    without = data.draw(st.sets(st.integers(0, count - 1)) if count else st.just(set()))
    row = lineup(whole, without=without, gaps="none")
    kept = " ".join(word.text for index, word in enumerate(whole.words) if index not in without)
    alone = lineup(written(kept, letters), gaps="none")
    assert row.tokens.tolist() == alone.tokens.tolist()
    assert set(alone.free.tolist()) <= set(row.free.tolist())
    assert row.free.tolist() == sorted(set(row.free.tolist()))
