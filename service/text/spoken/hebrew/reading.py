"""The ways to read digits aloud in Hebrew, best guess first."""

from collections.abc import Iterator
from typing import Final

from service.text.spoken.hebrew.amounts import UNITS, amounts, decimals
from service.text.spoken.hebrew.calendar import clock, date_ways
from service.text.spoken.hebrew.cardinals import (
    Gender,
    before_noun,
    cardinal,
    construct,
    counted,
    in_pairs,
    ordinal,
    with_and,
)
from service.text.spoken.idiom import Idiom
from service.text.spoken.numerals import Fractional, Whole
from service.text.spoken.saying import Hint

_TEN: Final = 10
_FRACTIONS: Final = {
    (1, 2): "חצי",
    (1, 3): "שליש",
    (2, 3): "שני שליש",
    (1, 4): "רבע",
    (3, 4): "שלושת רבעי",
}


def _numbers(numeral: Whole | Fractional, hint: Hint) -> Iterator[str]:
    if isinstance(numeral, Fractional):
        return decimals(numeral, "masculine" if hint == "masculine" else "feminine")
    return _cardinals(numeral, hint)


def _cardinals(whole: Whole, hint: Hint) -> Iterator[str]:
    number = whole.number
    if hint == "definite":
        yield from _definite(number)
    if hint == "month":
        yield from (cardinal(number, "masculine"), ordinal(number))
    first: Gender = "masculine" if hint == "masculine" else "feminine"
    then: Gender = "feminine" if first == "masculine" else "masculine"
    if hint == first:
        yield before_noun(number, first)
    yield cardinal(number, first)
    yield with_and(number, first)
    yield from (cardinal(number, then), before_noun(number, first), before_noun(number, then))
    if number <= _TEN:
        yield from (construct(number), ordinal(number), ordinal(number, "feminine"))
    yield from filter(None, [in_pairs(number)])


def _definite(number: int) -> Iterator[str]:
    """After an article: the tenth, and the ten."""
    if number <= _TEN:
        yield from (ordinal(number), ordinal(number, "feminine"))


def _ordinals(number: int, ending: str) -> Iterator[str]:
    """The third, the fifth: 3-י, 3-ית."""
    genders: tuple[Gender, Gender] = ("masculine", "feminine")
    for gender in reversed(genders) if ending.endswith("ת") else genders:
        yield ordinal(number, gender)


def _quotients(top: int, bottom: int) -> Iterator[str]:
    if name := _FRACTIONS.get((top, bottom)):
        yield name
    first, last = cardinal(top), cardinal(bottom)
    yield from (f"{first} חלקי {last}", f"{first} {last}", f"{first} מתוך {last}")


IDIOM: Final = Idiom(
    units=UNITS,
    signs={"-": "מינוס", "+": "פלוס"},
    to="עד",
    point="נקודה",
    versus="ל",
    counted=counted,
    cardinal=cardinal,
    numbers=_numbers,
    amounts=amounts,
    ordinals=_ordinals,
    quotients=_quotients,
    dates=date_ways,
    clock=clock,
)
