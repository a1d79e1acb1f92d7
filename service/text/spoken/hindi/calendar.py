"""Hindi dates and times of day."""

from collections.abc import Iterator, Sequence
from typing import Final

from service.text.spoken.calendar import CENTURY, HALF_DAY, date_way
from service.text.spoken.hindi.amounts import half_past
from service.text.spoken.hindi.cardinals import cardinal, counted, in_hundreds, is_year
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
    "जनवरी",
    "फ़रवरी",
    "मार्च",
    "अप्रैल",
    "मई",
    "जून",
    "जुलाई",
    "अगस्त",
    "सितंबर",
    "अक्टूबर",
    "नवंबर",
    "दिसंबर",
)


def date_ways(date: Date) -> Iterator[Way]:
    """Fifteen August; fifteen eight."""
    day, month = cardinal(date.day.number), cardinal(date.month.number)
    name = MONTHS[date.month.number - 1]
    years = years_of(date.year) if date.year else [""]
    for year in years:
        yield date_way(date, day, name, year)
    for year in years:
        yield date_way(date, day, month, year)
    if date.day.number == 1:
        yield date_way(date, "पहली", name, years[0])


def years_of(year: Whole) -> list[str]:
    """The ways to say one, best guess first."""
    if len(year.digits) == HUNDREDTHS:
        return [counted(year.digits), cardinal(CENTURY + year.number)]
    ways = [cardinal(year.number), in_hundreds(year.number)]
    return [way for way in (ways[::-1] if is_year(year) else ways) if way]


def clock(hours: Sequence[int], minute: int) -> Iterator[str]:
    """The ways that a clock is read; "o'clock" is a word of its own."""
    spoken = hours[-1]
    if minute == 0:
        yield from (cardinal(hour) for hour in hours)
        yield f"{cardinal(hours[0])} बजे"
    elif minute == QUARTER:
        yield f"सवा {cardinal(spoken)}"
    elif minute == HALF:
        yield half_past(spoken)
    elif minute == THREE_QUARTERS:
        yield f"पौने {cardinal(spoken % HALF_DAY + 1)}"
    if minute:
        yield f"{cardinal(hours[0])} बजकर {cardinal(minute)} मिनट"
        yield f"{cardinal(spoken)} बजकर {cardinal(minute)} मिनट"
