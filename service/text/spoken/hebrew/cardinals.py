"""Hebrew numbers in words: two genders, forms before a noun, and where the "and" stands."""

from typing import Final, Literal

from service.text.spoken import cardinals
from service.text.spoken.cardinals import in_words

Gender = Literal["masculine", "feminine"]

_LANGUAGE: Final = "he"
_ORDINALS: Final[dict[Gender, tuple[str, ...]]] = {
    "masculine": (
        "ראשון",
        "שני",
        "שלישי",
        "רביעי",
        "חמישי",
        "שישי",
        "שביעי",
        "שמיני",
        "תשיעי",
        "עשירי",
    ),
    "feminine": (
        "ראשונה",
        "שנייה",
        "שלישית",
        "רביעית",
        "חמישית",
        "שישית",
        "שביעית",
        "שמינית",
        "תשיעית",
        "עשירית",
    ),
}
_CENTURY: Final = 100
_PAIRED_YEARS: Final = range(1100, 2100)


def cardinal(number: int, gender: Gender = "feminine") -> str:
    """By itself: שתיים, עשרים ואחד. Feminine is how one counts."""
    return _words(number, f"spellout-cardinal-{gender}-standalone")


def before_noun(number: int, gender: Gender) -> str:
    """שתי, שני; the others are as they are by themselves."""
    return _words(number, f"spellout-cardinal-{gender}")


def construct(number: int) -> str:
    """שלושת, of a masculine noun that is known."""
    return _words(number, "spellout-construct-masculine")


def ordinal(number: int, gender: Gender = "masculine") -> str:
    """שלישית; those past ten are as the cardinals."""
    names = _ORDINALS[gender]
    return names[number - 1] if 1 <= number <= len(names) else cardinal(number, gender)


def with_and(number: int, gender: Gender = "feminine") -> str:
    """Said with "and" before the last part, also where the rules want none: מאה ועשרים."""
    last = _last_part(number)
    if last in (number, 0):
        return cardinal(number, gender)
    return f"{cardinal(number - last, gender)} ו{cardinal(last, gender)}"


def in_pairs(number: int) -> str:
    """A year as two numbers: תשע עשרה ארבעים ושמונה; "" for what is no such year."""
    century, rest = divmod(number, _CENTURY)
    if number not in _PAIRED_YEARS or not rest:
        return ""
    return f"{cardinal(century)} {_two_digits(rest)}"


def digit_by_digit(digits: str) -> str:
    """שתיים אפס שתיים ארבע."""
    return cardinals.digit_by_digit(digits, cardinal)


def counted(digits: str) -> str:
    """One number, with the zeros that begin it."""
    return cardinals.counted(digits, cardinal)


def _two_digits(number: int) -> str:
    return counted(f"{number:02}")


def _last_part(number: int) -> int:
    """The last of its units, tens, hundreds, thousands: 20 of 120, 500 of 1,500."""
    below_hundred = number % 100
    if below_hundred:
        return below_hundred
    return next((number % power for power in (10**3, 10**6, 10**9) if number % power), number)


def _words(number: int, rules: str) -> str:
    # CLDR counts in the long scale; people here say trillion for a million millions.
    return in_words(number, _LANGUAGE, rules).replace("ביליון", "טריליון")
