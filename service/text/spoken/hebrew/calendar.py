"""Hebrew dates and times of day."""

from collections.abc import Iterator, Sequence
from typing import Final

from service.text.spoken.calendar import CENTURY, HALF_DAY, date_way
from service.text.spoken.hebrew.cardinals import cardinal, counted, in_pairs, ordinal, with_and
from service.text.spoken.numerals import (
    HALF,
    HUNDREDTHS,
    QUARTER,
    THREE_QUARTERS,
    Date,
    Whole,
)
from service.text.spoken.saying import Way

MONTHS: Final = (
    "ינואר",
    "פברואר",
    "מרץ",
    "אפריל",
    "מאי",
    "יוני",
    "יולי",
    "אוגוסט",
    "ספטמבר",
    "אוקטובר",
    "נובמבר",
    "דצמבר",
)
_TEN: Final = 10


def date_ways(date: Date) -> Iterator[Way]:
    """The first of the second, one in February."""
    day, month = date.day.number, date.month.number
    first, one = ordinal(day), cardinal(day, "masculine")
    second, name = f"ב{ordinal(month)}", f"ב{MONTHS[month - 1]}"
    years = _years(date.year) if date.year else [""]
    for said, of in ((first, second), (one, name), (one, second), (first, name)):
        yield date_way(date, said, of, years[0])
    yield from (date_way(date, first, second, year) for year in years[1:])
    yield date_way(date, cardinal(day), cardinal(month), years[0])


def _years(year: Whole) -> list[str]:
    number = year.number
    if len(year.digits) == HUNDREDTHS:
        return [counted(year.digits), cardinal(CENTURY + number)]
    ways = [cardinal(number), in_pairs(number), with_and(number)]
    return [way for way in ways if way]


def clock(hours: Sequence[int], minute: int) -> Iterator[str]:
    """The ways that a clock is read."""
    spoken = cardinal(hours[-1])
    if minute == 0:
        yield from (cardinal(hour) for hour in hours)
        yield f"{cardinal(hours[0])} אפס אפס"
    elif minute == QUARTER:
        yield f"{spoken} ורבע"
    elif minute == HALF:
        yield f"{spoken} וחצי"
    elif minute == THREE_QUARTERS:
        following = cardinal(hours[-1] % HALF_DAY + 1)
        yield f"רבע ל{following}"
    if minute:
        yield f"{cardinal(hours[0])} ו{cardinal(minute)}"
        if minute <= _TEN:  # five minutes, ten minutes
            yield f"{spoken} ו{cardinal(minute, 'masculine')}"
