"""Hindi dates and times of day."""

from collections.abc import Iterator
from typing import Final

from service.text.spoken.hindi.amounts import half_past
from service.text.spoken.hindi.cardinals import cardinal, counted, in_hundreds, is_year
from service.text.spoken.numerals import (
    HALF,
    HUNDREDTHS,
    QUARTER,
    THREE_QUARTERS,
    Date,
    Time,
    Whole,
)
from service.text.spoken.saying import Said, Way

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
_HALF_DAY: Final = 12
_CENTURY: Final = 2000  # that a year of two digits belongs to


def date_ways(date: Date) -> Iterator[Way]:
    """Fifteen August; fifteen eight."""
    day, month = cardinal(date.day.number), cardinal(date.month.number)
    name = MONTHS[date.month.number - 1]
    years = years_of(date.year) if date.year else [""]
    for year in years:
        yield _way(date, day, name, year)
    for year in years:
        yield _way(date, day, month, year)
    if date.day.number == 1:
        yield _way(date, "पहली", name, years[0])


def years_of(year: Whole) -> list[str]:
    """The ways to say one, best guess first."""
    if len(year.digits) == HUNDREDTHS:
        return [counted(year.digits), cardinal(_CENTURY + year.number)]
    ways = [cardinal(year.number), in_hundreds(year.number)]
    return [way for way in (ways[::-1] if is_year(year) else ways) if way]


def _way(date: Date, day: str, month: str, year: str) -> Way:
    way = (Said(day, *date.day[1:]), Said(month, *date.month[1:]))
    return (*way, Said(year, *date.year[1:])) if date.year else way


def time_ways(time: Time) -> Iterator[Way]:
    """Half past four, fourteen thirty."""
    begin, end = time.hour.begin, (time.second or time.minute).end
    if time.second:
        parts = (time.hour, time.minute, time.second)
        yield tuple(Said(counted(part.digits), part.begin, part.end) for part in parts)
        return
    hour, minute = time.hour.number, time.minute.number
    hours = [hour, abs(hour - _HALF_DAY)] if hour > _HALF_DAY or hour == 0 else [hour]
    for text in _clock(hours, minute):
        yield (Said(text, begin, end),)
    for number in hours if minute else ():
        exact = Said(counted(time.minute.digits), time.minute.begin, end)
        yield (Said(cardinal(number), begin, time.hour.end), exact)


def _clock(hours: list[int], minute: int) -> Iterator[str]:
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
        yield f"पौने {cardinal(spoken % _HALF_DAY + 1)}"
    if minute:
        yield f"{cardinal(hours[0])} बजकर {cardinal(minute)} मिनट"
        yield f"{cardinal(spoken)} बजकर {cardinal(minute)} मिनट"
