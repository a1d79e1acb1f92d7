"""The ways to read digits aloud in Hindi, best guess first."""

import itertools
from collections.abc import Iterator
from typing import Final

from service.text.spoken.cardinals import MAX_NUMBER_DIGITS
from service.text.spoken.digits import one_by_one, row_ways
from service.text.spoken.hindi.amounts import UNITS, Noun, amounts, decimals
from service.text.spoken.hindi.calendar import date_ways, time_ways, years_of
from service.text.spoken.hindi.cardinals import (
    cardinal,
    counted,
    in_hundreds,
    is_year,
    spellings,
    without_one,
)
from service.text.spoken.hindi.ordinals import ordinals
from service.text.spoken.numerals import (
    Date,
    Fractional,
    Numeral,
    Phone,
    Quotient,
    Range,
    Series,
    Time,
    Whole,
    countable,
)
from service.text.spoken.quantities import Quantity
from service.text.spoken.saying import Hint, Said, Way, as_one, merged, with_sign

_ROW: Final = 9  # digits that are hardly one number
_TO: Final = "से"
_SIGNS: Final = {"-": "माइनस", "+": "प्लस"}
_FRACTIONS: Final = {
    (1, 2): ("आधा", "आधी"),
    (1, 3): ("एक तिहाई",),
    (2, 3): ("दो तिहाई",),
    (1, 4): ("चौथाई", "एक चौथाई"),
    (3, 4): ("तीन चौथाई",),
}


def ways(quantity: Quantity, hint: Hint) -> Iterator[Way]:
    """Ways to read a quantity; none for more digits than anyone reads."""
    noun = UNITS.get(quantity.unit)
    meanings = countable(quantity.meanings) if noun else quantity.meanings
    read = [_spelled(_meant(meaning, hint, noun)) for meaning in meanings]
    if quantity.ending:
        read.insert(0, _ordinal(quantity))
    spanning = (as_one(way, quantity.body, quantity.end) for way in merged(read))
    return with_sign(spanning, _SIGNS.get(quantity.sign, ""), quantity.begin)


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


def _ordinal(quantity: Quantity) -> Iterator[Way]:
    for meaning in quantity.meanings:
        if isinstance(meaning, Whole) and len(meaning.digits) <= MAX_NUMBER_DIGITS:
            for text in ordinals(meaning.number, quantity.ending):
                yield (Said(text, meaning.begin, meaning.end),)


def _meant(meaning: Numeral, hint: Hint, noun: Noun | None) -> Iterator[Way]:  # a table
    match meaning:
        case Whole() | Fractional():
            yield from _number(meaning, noun)
        case Date():
            yield from date_ways(meaning)
        case Time():
            yield from time_ways(meaning)
        case Quotient():
            yield from _quotient(meaning)
        case Phone():
            yield from row_ways(meaning.groups, counted)
        case Range():
            yield from _range(meaning, hint, noun)
        case Series():
            yield from _series(meaning)


def _number(numeral: Whole | Fractional, noun: Noun | None) -> Iterator[Way]:
    whole = numeral if isinstance(numeral, Whole) else numeral.whole
    end = numeral.end if isinstance(numeral, Whole) else numeral.fraction.end
    if len(whole.digits) > MAX_NUMBER_DIGITS:
        yield from row_ways([whole], counted)
    elif noun:
        yield from ((Said(text, whole.begin, end),) for text in amounts(numeral, noun))
    elif isinstance(numeral, Fractional):
        yield from ((Said(text, whole.begin, end),) for text in decimals(numeral))
    else:
        yield from _whole(numeral)


def _whole(whole: Whole) -> Iterator[Way]:
    """A number by itself, and digit by digit: that first where it is a row of digits."""
    texts = ((Said(text, whole.begin, whole.end),) for text in _cardinals(whole))
    rows = row_ways([whole], counted) if whole.end - whole.begin == len(whole.digits) else ()
    if len(whole.digits) >= _ROW or whole.digits.startswith("0"):
        yield from itertools.chain(rows, texts)
    else:
        yield from itertools.chain(texts, rows)


def _cardinals(whole: Whole) -> Iterator[str]:
    number = whole.number
    ways = [cardinal(number), in_hundreds(number), without_one(number)]
    if is_year(whole):
        ways = years_of(whole)
    yield from filter(None, ways)


def _quotient(quotient: Quotient) -> Iterator[Way]:
    top, bottom = quotient
    if len(top.digits) > MAX_NUMBER_DIGITS or len(bottom.digits) > MAX_NUMBER_DIGITS:
        yield from row_ways(quotient, counted)
        return
    first, last = cardinal(top.number), cardinal(bottom.number)
    names = _FRACTIONS.get((top.number, bottom.number), ())
    for text in (*names, f"{first} बटा {last}", f"{first} {last}", f"{first} बाई {last}"):
        yield (Said(text, top.begin, bottom.end),)


def _range(spoken: Range, hint: Hint, noun: Noun | None) -> Iterator[Way]:
    """From the first to the last, with a word between them or without."""
    firsts = list(itertools.islice(_meant(spoken.first, hint, None), 2))
    lasts = list(itertools.islice(_meant(spoken.last, hint, noun), 2))
    to = Said(_TO, spoken.hyphen, spoken.hyphen + 1)
    for first, last in zip(firsts, lasts, strict=False):
        yield (*first, to, *last)
        yield (*first, *last)


def _series(series: Series) -> Iterator[Way]:
    """One after the other, and with what stands between them."""
    between = " पॉइंट" if series.separator == "." else ""
    *parts, last = series.parts
    said = (Said(counted(part.digits) + between, part.begin, part.end) for part in parts)
    yield (*said, Said(counted(last.digits), last.begin, last.end))
    yield tuple(digit for part in series.parts for digit in one_by_one(part, counted))
