"""Hindi numbers of something, and numbers with a half or a quarter."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from service.text.spoken.hindi.cardinals import cardinal, counted, digit_by_digit, without_one
from service.text.spoken.numerals import HUNDREDTHS, Fractional, Whole

_POINT: Final = "दशमलव"
_QUARTER: Final = "चौथाई"
_HALVES: Final = {0: "आधा", 1: "डेढ़", 2: "ढाई"}


class Noun(NamedTuple):
    """What is counted: its names, and those of a hundredth of it."""

    names: tuple[str, ...]
    hundredths: tuple[str, ...] = ()


UNITS: Final[Mapping[str, Noun]] = {
    "%": Noun(("प्रतिशत", "फ़ीसदी", "परसेंट")),
    "₹": Noun(("रुपये", "रुपए", "रुपया"), ("पैसे", "पैसा")),
    "$": Noun(("डॉलर",), ("सेंट",)),
    "€": Noun(("यूरो",), ("सेंट",)),
    "£": Noun(("पाउंड", "पौंड"), ("पेंस",)),
    "₪": Noun(("शेकेल",)),
    "°": Noun(("डिग्री",)),
}


def amounts(numeral: Whole | Fractional, noun: Noun) -> Iterator[str]:
    """Ways to say so many of it, best guess first."""
    if isinstance(numeral, Whole):
        said = [cardinal(numeral.number), without_one(numeral.number)]
    else:
        said = list(decimals(numeral))
        yield from _with_hundredths(numeral, noun)
    yield from (f"{text} {name}" for name in noun.names for text in said if text)


def _with_hundredths(numeral: Fractional, noun: Noun) -> Iterator[str]:
    """पाँच रुपये पचास पैसे."""
    if len(numeral.fraction.digits) == HUNDREDTHS and not numeral.vulgar:
        large, small = cardinal(numeral.whole.number), cardinal(numeral.fraction.number)
        for name, hundredth in zip(noun.names, noun.hundredths, strict=False):
            yield f"{large} {name} {small} {hundredth}"


def decimals(numeral: Fractional) -> Iterator[str]:
    """Ways to say a decimal number, best guess first."""
    whole, digits = numeral.whole.number, numeral.fraction.digits
    said = counted(numeral.whole.digits)
    if numeral.vulgar:
        yield _with_part(whole, digits)
        return
    yield f"{said} {_POINT} {digit_by_digit(digits)}"
    if digits.rstrip("0") == "5":
        yield _with_part(whole, "5")
    yield f"{said} पॉइंट {digit_by_digit(digits)}"
    yield f"{said} {_POINT} {counted(digits)}"
    if digits in {"25", "75"}:
        yield _with_part(whole, digits)


def _with_part(whole: int, digits: str) -> str:
    """A half, a quarter or three quarters more."""
    if digits == "5":
        return half_past(whole)
    if digits == "25":
        return quarter_past(whole) if whole else _QUARTER
    return quarter_to(whole + 1)


def half_past(number: int) -> str:
    """डेढ़, ढाई, साढ़े तीन."""
    return _HALVES.get(number) or f"साढ़े {cardinal(number)}"


def quarter_past(number: int) -> str:
    """सवा, सवा दो."""
    return f"सवा {cardinal(number)}" if number > 1 else "सवा"


def quarter_to(number: int) -> str:
    """पौन, पौने दो."""
    return f"पौने {cardinal(number)}" if number > 1 else "पौन"
