"""The ways to read digits aloud in Hebrew, best guess first."""

import itertools
from collections.abc import Iterator
from typing import Final

from service.text.spoken.cardinals import MAX_NUMBER_DIGITS
from service.text.spoken.digits import one_by_one, row_ways
from service.text.spoken.hebrew.amounts import UNITS, Noun, amounts, decimals
from service.text.spoken.hebrew.calendar import date_ways, time_ways
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

_TEN: Final = 10
_TO: Final = "עד"
_ROW: Final = 9  # digits that are hardly one number
_SIGNS: Final = {"-": "מינוס", "+": "פלוס"}
_FRACTIONS: Final = {
    (1, 2): "חצי",
    (1, 3): "שליש",
    (2, 3): "שני שליש",
    (1, 4): "רבע",
    (3, 4): "שלושת רבעי",
}


def ways(quantity: Quantity, hint: Hint) -> Iterator[Way]:
    """Ways to read a quantity; none for more digits than anyone reads."""
    noun = UNITS.get(quantity.unit)
    meanings = countable(quantity.meanings) if noun else quantity.meanings
    read = [_meant(meaning, hint, noun) for meaning in meanings]
    if quantity.ending:
        read.insert(0, _ordinal(quantity))
    spanning = (as_one(way, quantity.body, quantity.end) for way in merged(read))
    return with_sign(spanning, _SIGNS.get(quantity.sign, ""), quantity.begin)


def _ordinal(quantity: Quantity) -> Iterator[Way]:
    """The third, the fifth: 3-י, 3-ית."""
    gender: Gender = "feminine" if quantity.ending.endswith("ת") else "masculine"
    other: Gender = "masculine" if gender == "feminine" else "feminine"
    for meaning in quantity.meanings:
        if isinstance(meaning, Whole) and len(meaning.digits) <= MAX_NUMBER_DIGITS:
            for said in (ordinal(meaning.number, gender), ordinal(meaning.number, other)):
                yield (Said(said, meaning.begin, meaning.end),)


def _meant(meaning: Numeral, hint: Hint, noun: Noun | None) -> Iterator[Way]:  # a table
    match meaning:
        case Whole() | Fractional():
            yield from _number(meaning, hint, noun)
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


def _number(numeral: Whole | Fractional, hint: Hint, noun: Noun | None) -> Iterator[Way]:
    whole = numeral if isinstance(numeral, Whole) else numeral.whole
    end = numeral.end if isinstance(numeral, Whole) else numeral.fraction.end
    if len(whole.digits) > MAX_NUMBER_DIGITS:
        yield from row_ways([whole], counted)
    elif noun:
        yield from ((Said(text, whole.begin, end),) for text in amounts(numeral, noun))
    elif isinstance(numeral, Fractional):
        gender: Gender = "masculine" if hint == "masculine" else "feminine"
        yield from ((Said(text, whole.begin, end),) for text in decimals(numeral, gender))
    else:
        yield from _whole(numeral, hint)


def _whole(whole: Whole, hint: Hint) -> Iterator[Way]:
    """A number by itself, and digit by digit: that first where it is a row of digits."""
    texts = ((Said(text, whole.begin, whole.end),) for text in _cardinals(whole, hint))
    rows = row_ways([whole], counted) if whole.end - whole.begin == len(whole.digits) else ()
    if len(whole.digits) >= _ROW or whole.digits.startswith("0"):
        yield from itertools.chain(rows, texts)
    else:
        yield from texts
        yield from rows


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


def _quotient(quotient: Quotient) -> Iterator[Way]:
    top, bottom = quotient
    if len(top.digits) > MAX_NUMBER_DIGITS or len(bottom.digits) > MAX_NUMBER_DIGITS:
        yield from row_ways(quotient, counted)
        return
    name = _FRACTIONS.get((top.number, bottom.number))
    if name:
        yield (Said(name, top.begin, bottom.end),)
    first, last = cardinal(top.number), cardinal(bottom.number)
    for text in (f"{first} חלקי {last}", f"{first} {last}", f"{first} מתוך {last}"):
        yield (Said(text, top.begin, bottom.end),)


def _range(spoken: Range, hint: Hint, noun: Noun | None) -> Iterator[Way]:
    """From the first to the last, with a word between them or without."""
    if noun and hint != "feminine":
        hint = noun.gender
    firsts = list(itertools.islice(_meant(spoken.first, hint, None), 3))
    lasts = list(itertools.islice(_meant(spoken.last, hint, noun), 3))
    to = Said(_TO, spoken.hyphen, spoken.hyphen + 1)
    for first, last in zip(firsts, lasts, strict=False):
        yield (*first, to, *last)
        yield (*first, *last)


def _series(series: Series) -> Iterator[Way]:
    """One after the other, and with what stands between them."""
    between = " נקודה" if series.separator == "." else ""
    *parts, last = series.parts
    said = [Said(counted(part.digits) + between, part.begin, part.end) for part in parts]
    final = Said(counted(last.digits), last.begin, last.end)
    yield (*said, final)
    if series.separator == ":":
        first = Said(counted(parts[0].digits), parts[0].begin, parts[0].end)
        yield (first, *said[1:], Said(f"ל{final.text}", last.begin, last.end))
    yield tuple(digit for part in series.parts for digit in one_by_one(part, counted))
