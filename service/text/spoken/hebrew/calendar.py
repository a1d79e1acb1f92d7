"""Hebrew dates and times of day."""

from collections.abc import Iterator
from typing import Final

from service.text.spoken.hebrew.cardinals import cardinal, counted, in_pairs, ordinal, with_and
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
_HALF_DAY: Final = 12
_CENTURY: Final = 2000  # that a year of two digits belongs to


def date_ways(date: Date) -> Iterator[Way]:
    """The first of the second, one in February."""
    day, month = date.day.number, date.month.number
    first, one = ordinal(day), cardinal(day, "masculine")
    second, name = f"ב{ordinal(month)}", f"ב{MONTHS[month - 1]}"
    years = _years(date.year) if date.year else [""]
    for said, of in ((first, second), (one, name), (one, second), (first, name)):
        yield _way(date, said, of, years[0])
    yield from (_way(date, first, second, year) for year in years[1:])
    yield _way(date, cardinal(day), cardinal(month), years[0])


def _years(year: Whole) -> list[str]:
    number = year.number
    if len(year.digits) == HUNDREDTHS:
        return [counted(year.digits), cardinal(_CENTURY + number)]
    ways = [cardinal(number), in_pairs(number), with_and(number)]
    return [way for way in ways if way]


def _way(date: Date, day: str, month: str, year: str) -> Way:
    way = (Said(day, *date.day[1:]), Said(month, *date.month[1:]))
    return (*way, Said(year, *date.year[1:])) if date.year else way


def time_ways(time: Time) -> Iterator[Way]:
    """Half past two, fourteen thirty."""
    begin, end = time.hour.begin, (time.second or time.minute).end
    if time.second:
        parts = (time.hour, time.minute, time.second)
        yield tuple(Said(counted(part.digits), part.begin, part.end) for part in parts)
        return
    hour, minute = time.hour.number, time.minute.number
    hours = [cardinal(hour)]
    if hour > _HALF_DAY or hour == 0:
        hours.append(cardinal(abs(hour - _HALF_DAY)))
    for text in _clock(hours, hour, minute):
        yield (Said(text, begin, end),)
    if minute:
        exact = (Said(counted(time.minute.digits), time.minute.begin, end),)
        for said in hours:
            yield (Said(said, begin, time.hour.end), *exact)


def _clock(hours: list[str], hour: int, minute: int) -> Iterator[str]:
    """The ways that a clock is read."""
    spoken = hours[-1]
    if minute == 0:
        yield from hours
        yield f"{hours[0]} אפס אפס"
    elif minute == QUARTER:
        yield f"{spoken} ורבע"
    elif minute == HALF:
        yield f"{spoken} וחצי"
    elif minute == THREE_QUARTERS:
        following = cardinal(hour % _HALF_DAY + 1)
        yield f"רבע ל{following}"
    if minute:
        yield f"{hours[0]} ו{cardinal(minute)}"
        if minute <= _TEN:  # five minutes, ten minutes
            yield f"{spoken} ו{cardinal(minute, 'masculine')}"
