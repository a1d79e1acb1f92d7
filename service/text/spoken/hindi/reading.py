"""The ways to read digits aloud in Hindi, best guess first."""

import itertools
from collections.abc import Iterator
from typing import Final

from service.text.spoken.hindi.amounts import UNITS, amounts, decimals
from service.text.spoken.hindi.calendar import clock, date_ways, years_of
from service.text.spoken.hindi.cardinals import (
    cardinal,
    counted,
    in_hundreds,
    is_year,
    spellings,
    without_one,
)
from service.text.spoken.hindi.ordinals import ordinals
from service.text.spoken.idiom import Idiom
from service.text.spoken.numerals import Fractional, Whole
from service.text.spoken.saying import Hint, Way

_FRACTIONS: Final = {
    (1, 2): ("आधा", "आधी"),
    (1, 3): ("एक तिहाई",),
    (2, 3): ("दो तिहाई",),
    (1, 4): ("चौथाई", "एक चौथाई"),
    (3, 4): ("तीन चौथाई",),
}


def _numbers(numeral: Whole | Fractional, hint: Hint) -> Iterator[str]:
    del hint  # a number is the same before all words
    return decimals(numeral) if isinstance(numeral, Fractional) else _cardinals(numeral)


def _cardinals(whole: Whole) -> Iterator[str]:
    number = whole.number
    ways = [cardinal(number), in_hundreds(number), without_one(number)]
    if is_year(whole):
        ways = years_of(whole)
    yield from filter(None, ways)


def _quotients(top: int, bottom: int) -> Iterator[str]:
    yield from _FRACTIONS.get((top, bottom), ())
    first, last = cardinal(top), cardinal(bottom)
    yield from (f"{first} बटा {last}", f"{first} {last}", f"{first} बाई {last}")


def _spelled(found: Iterator[Way]) -> Iterator[Way]:
    """Each way, and then as others spell them."""
    likely = []
    for way in found:
        likely.append(way)
        yield way
    for way in likely[:3]:
        respelled = zip(*(spellings(said.text or "") for said in way), strict=True)
        for texts in itertools.islice(respelled, 1, None):
            yield tuple(said._replace(text=text) for said, text in zip(way, texts, strict=True))


IDIOM: Final = Idiom(
    units=UNITS,
    signs={"-": "माइनस", "+": "प्लस"},
    to="से",
    point="पॉइंट",
    counted=counted,
    cardinal=cardinal,
    numbers=_numbers,
    amounts=amounts,
    ordinals=ordinals,
    quotients=_quotients,
    dates=date_ways,
    clock=clock,
    range_ways=2,
    respelled=_spelled,
)
