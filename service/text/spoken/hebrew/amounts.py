"""Hebrew numbers of something: shekels, percents, degrees."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from service.text.spoken.hebrew.cardinals import (
    Gender,
    before_noun,
    cardinal,
    counted,
    digit_by_digit,
)
from service.text.spoken.numerals import HUNDREDTHS, Fractional, Whole

_FEW: Final = range(2, 11)  # of these a noun is always plural
_PARTS: Final[Mapping[str, str]] = {"5": "חצי", "50": "חצי", "25": "רבע"}
_THREE_QUARTERS: Final = "שלושה רבעים"  # of a sign alone: 2.75 is not read so


class Noun(NamedTuple):
    """What is counted. singular: whether one counts more than ten as if it were one: עשרים שקל."""

    one: str
    many: str
    gender: Gender = "masculine"
    hundredth: "Noun | None" = None
    singular: bool = True


_AGORA: Final = Noun("אגורה", "אגורות", "feminine")
_CENT: Final = Noun("סנט", "סנטים")
UNITS: Final[Mapping[str, Noun]] = {
    "%": Noun("אחוז", "אחוזים"),
    "₪": Noun("שקל", "שקלים", hundredth=_AGORA),
    "$": Noun("דולר", "דולרים", hundredth=_CENT),
    "€": Noun("אירו", "אירו", hundredth=_CENT),
    "£": Noun("פאונד", "פאונדים"),
    "₹": Noun("רופי", "רופי"),
    "°": Noun("מעלה", "מעלות", "feminine", singular=False),
}


def amounts(numeral: Whole | Fractional, noun: Noun) -> Iterator[str]:
    """Ways to say so many of it, best guess first."""
    if isinstance(numeral, Fractional):
        yield from _broken(numeral, noun)
    else:
        yield from _whole(numeral, noun)


def _whole(numeral: Whole, noun: Noun) -> Iterator[str]:
    number = numeral.number
    if number == 1:
        yield f"{noun.one} {cardinal(1, noun.gender)}"
        yield noun.one
        return
    said = before_noun(number, noun.gender)
    plural_first = number in _FEW or not noun.singular
    nouns = (noun.many, noun.one) if plural_first else (noun.one, noun.many)
    yield from (f"{said} {name}" for name in nouns)
    yield from (f"{cardinal(number)} {name}" for name in nouns)  # as people count anything


def _broken(numeral: Fractional, noun: Noun) -> Iterator[str]:
    both = (noun.many, noun.one)
    if len(numeral.fraction.digits) == HUNDREDTHS and noun.hundredth and not numeral.vulgar:
        small = Whole(numeral.fraction.digits, *numeral.fraction[1:])
        for large in list(_whole(numeral.whole, noun))[:2]:
            yield f"{large} ו{_hundredths(small.number, noun.hundredth)}"
        yield f"{counted(numeral.whole.digits)} {counted(small.digits)}"
    yield from (f"{said} {name}" for said in decimals(numeral, noun.gender) for name in both)


def _hundredths(number: int, noun: Noun) -> str:
    if number == 1:
        return f"{noun.one} {cardinal(1, noun.gender)}"
    return f"{before_noun(number, noun.gender)} {noun.many}"


def decimals(numeral: Fractional, gender: Gender = "feminine") -> Iterator[str]:
    """Ways to say a decimal number, best guess first."""
    whole, digits = numeral.whole.number, numeral.fraction.digits
    said = cardinal(whole, gender)
    if numeral.vulgar:
        part = _PARTS.get(digits, _THREE_QUARTERS)
        other: Gender = "feminine" if gender == "masculine" else "masculine"
        yield from (_and_part(one, whole, part) for one in (said, cardinal(whole, other)))
        return
    if digits in _PARTS:
        yield _and_part(said, whole, _PARTS[digits])
    yield f"{said} נקודה {counted(digits)}"
    yield f"{said} נקודה {digit_by_digit(digits)}"
    yield f"{cardinal(whole)} נקודה {counted(digits)}"
    if len(digits) == HUNDREDTHS:
        yield f"{cardinal(whole)} {counted(digits)}"


def _and_part(said: str, whole: int, part: str) -> str:
    return f"{said} ו{part}" if whole else part
