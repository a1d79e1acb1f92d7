"""What it takes to find the ways to say a word."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from service.text.spoken.aloud import ways_to_say
from service.text.spoken.hebrew import HEBREW
from service.text.spoken.pronunciations import Pronunciations
from service.text.spoken.quantities import Quantity
from service.text.spoken.saying import Hint, Way

NONE = Pronunciations({})


class CountedPattern:
    """A prefix that counts the characters that it is shown."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.shown = 0
        self._pattern = pattern

    def fullmatch(self, text: str, begin: int, end: int) -> re.Match[str] | None:
        """As the pattern has it."""
        self.shown += end - begin
        return self._pattern.fullmatch(text, begin, end)


@pytest.mark.parametrize("piece", ["1" * 41 + "a", "1", "1a", "1-", "ב5"])
def test_looking_for_a_prefix_takes_no_longer_in_a_longer_word(piece: str) -> None:
    """Only the word's first characters can be one, whatever digits follow."""
    assert HEBREW.prefix is not None
    shown = []
    for times in (20, 40):
        counted = CountedPattern(HEBREW.prefix)
        language = replace(HEBREW, prefix=counted)
        ways_to_say("(" * 100 + piece * times, "", language, NONE)
        shown.append(counted.shown)
    assert shown[0] == shown[1]


def test_digits_that_nobody_reads_are_not_asked_for() -> None:
    """Neither a row of more than forty, nor what follows the first 256 numbers of one word."""
    asked: list[str] = []

    def counted(quantity: Quantity, hint: Hint) -> Iterator[Way]:
        asked.append(hint)
        return HEBREW.ways(quantity, hint)

    language = replace(HEBREW, ways=counted)
    ways_to_say("1" * 41, "", language, NONE)
    assert len(asked) == 0
    (way,) = ways_to_say("5א" * 1000, "", language, NONE)
    assert len(asked) == 256
    assert sum(said.text == "חמש" for said in way) == 256
    assert way[-1].end == 2000


def test_one_way_of_each_number_is_found_where_no_more_is_asked_for() -> None:
    """The best guess, and none is computed besides."""
    computed: list[Way] = []

    def counted(quantity: Quantity, hint: Hint) -> Iterator[Way]:
        for way in HEBREW.ways(quantity, hint):
            computed.append(way)
            yield way

    language = replace(HEBREW, ways=counted)
    (way,) = ways_to_say("1.2.2024", "", language, NONE, most=1)
    assert len(computed) == 1
    assert [said.text for said in way] == ["ראשון", "בשני", "אלפיים עשרים וארבע"]
