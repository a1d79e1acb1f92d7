"""The ways to read digits aloud, best guess first, with what a language says for each meaning."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from service.text.spoken.calendar import Clock, time_ways
from service.text.spoken.cardinals import MAX_NUMBER_DIGITS
from service.text.spoken.digits import Say, one_by_one, row_ways
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


class Counted(Protocol):
    """What is counted."""

    @property
    def gender(self) -> Hint:
        """Of the number before it; "" where that is the same before all."""


Noun = TypeVar("Noun", bound=Counted)


@dataclass(frozen=True)
class Idiom(Generic[Noun]):
    """A language's numbers; each function gives ways to say something, best guess first.

    units: the noun for each; signs: what is said for "-" and "+"; to: between the ends of a range;
    point: after each part of a row that points join; versus: before the last of what a colon joins,
    "" where nothing is. counted: a few digits as one number, with the zeros that begin them.
    range_ways: of each end of a range. respelled: the same ways, and others' spellings of them.
    """

    units: Mapping[str, Noun]
    signs: Mapping[str, str]
    to: str
    point: str
    counted: Say
    cardinal: Callable[[int], str]
    numbers: Callable[[Whole | Fractional, Hint], Iterator[str]]
    amounts: Callable[[Whole | Fractional, Noun], Iterator[str]]
    ordinals: Callable[[int, str], Iterator[str]]
    quotients: Callable[[int, int], Iterator[str]]
    dates: Callable[[Date], Iterator[Way]]
    clock: Clock
    versus: str = ""
    range_ways: int = 3
    respelled: Callable[[Iterator[Way]], Iterator[Way]] = iter

    def ways(self, quantity: Quantity, hint: Hint) -> Iterator[Way]:
        """Ways to read a quantity; none for more digits than anyone reads."""
        noun = self.units.get(quantity.unit)
        meanings = countable(quantity.meanings) if noun else quantity.meanings
        read = [self.respelled(self._meant(meaning, hint, noun)) for meaning in meanings]
        if quantity.ending:
            read.insert(0, self._ordinal(quantity))
        spanning = (as_one(way, quantity.body, quantity.end) for way in merged(read))
        return with_sign(spanning, self.signs.get(quantity.sign, ""), quantity.begin)

    def _ordinal(self, quantity: Quantity) -> Iterator[Way]:
        for meaning in quantity.meanings:
            if isinstance(meaning, Whole) and len(meaning.digits) <= MAX_NUMBER_DIGITS:
                for text in self.ordinals(meaning.number, quantity.ending):
                    yield (Said(text, meaning.begin, meaning.end),)

    def _meant(self, meaning: Numeral, hint: Hint, noun: Noun | None) -> Iterator[Way]:  # a table
        match meaning:
            case Whole() | Fractional():
                yield from self._number(meaning, hint, noun)
            case Date():
                yield from self.dates(meaning)
            case Time():
                yield from time_ways(meaning, self.counted, self.cardinal, self.clock)
            case Quotient():
                yield from self._quotient(meaning)
            case Phone():
                yield from row_ways(meaning.groups, self.counted)
            case Range():
                yield from self._range(meaning, hint, noun)
            case Series():
                yield from self._series(meaning)

    def _number(self, numeral: Whole | Fractional, hint: Hint, noun: Noun | None) -> Iterator[Way]:
        whole = numeral if isinstance(numeral, Whole) else numeral.whole
        end = numeral.end if isinstance(numeral, Whole) else numeral.fraction.end
        if len(whole.digits) > MAX_NUMBER_DIGITS:
            yield from row_ways([whole], self.counted)
            return
        texts = self.amounts(numeral, noun) if noun else self.numbers(numeral, hint)
        said = ((Said(text, whole.begin, end),) for text in texts)
        if noun or isinstance(numeral, Fractional):
            yield from said
        else:
            yield from self._or_as_row(whole, said)

    def _or_as_row(self, whole: Whole, said: Iterator[Way]) -> Iterator[Way]:
        """A number by itself, and digit by digit: that first where it is a row of digits."""
        is_plain = whole.end - whole.begin == len(whole.digits)
        rows = row_ways([whole], self.counted) if is_plain else iter(())
        if len(whole.digits) >= _ROW or whole.digits.startswith("0"):
            return itertools.chain(rows, said)
        return itertools.chain(said, rows)

    def _quotient(self, quotient: Quotient) -> Iterator[Way]:
        top, bottom = quotient
        if max(len(top.digits), len(bottom.digits)) > MAX_NUMBER_DIGITS:
            yield from row_ways(quotient, self.counted)
            return
        for text in self.quotients(top.number, bottom.number):
            yield (Said(text, top.begin, bottom.end),)

    def _range(self, spoken: Range, hint: Hint, noun: Noun | None) -> Iterator[Way]:
        """From the first to the last, with a word between them or without."""
        if noun and hint != "feminine":
            hint = noun.gender
        firsts = list(itertools.islice(self._meant(spoken.first, hint, None), self.range_ways))
        lasts = list(itertools.islice(self._meant(spoken.last, hint, noun), self.range_ways))
        to = Said(self.to, spoken.hyphen, spoken.hyphen + 1)
        for first, last in zip(firsts, lasts, strict=False):
            yield (*first, to, *last)
            yield (*first, *last)

    def _series(self, series: Series) -> Iterator[Way]:
        """One after the other, and with what stands between them."""
        between = f" {self.point}" if series.separator == "." else ""
        *parts, last = (Said(self.counted(one.digits), one.begin, one.end) for one in series.parts)
        yield (*(one._replace(text=f"{one.text}{between}") for one in parts), last)
        if series.separator == ":" and self.versus:
            yield (*parts, last._replace(text=f"{self.versus}{last.text}"))
        yield tuple(digit for part in series.parts for digit in one_by_one(part, self.counted))
