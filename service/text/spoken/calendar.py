"""Dates and times of day, as far as languages read them alike."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from service.text.spoken.digits import Say
from service.text.spoken.numerals import Date, Time
from service.text.spoken.saying import Said, Way

HALF_DAY: Final = 12  # hours
CENTURY: Final = 2000  # that a year of two digits belongs to

# The hour as it is written and then, if that is another, by the half day; the minute -> ways.
Clock = Callable[[Sequence[int], int], Iterator[str]]


def date_way(date: Date, day: str, month: str, year: str) -> Way:
    """A date whose parts are said so, without a year if it has none."""
    way = (Said(day, *date.day[1:]), Said(month, *date.month[1:]))
    return (*way, Said(year, *date.year[1:])) if date.year else way


def time_ways(
    time: Time, counted: Say, cardinal: Callable[[int], str], clock: Clock
) -> Iterator[Way]:
    """Half past two, fourteen thirty; with seconds one after the other."""
    begin, end = time.hour.begin, (time.second or time.minute).end
    if time.second:
        parts = (time.hour, time.minute, time.second)
        yield tuple(Said(counted(part.digits), part.begin, part.end) for part in parts)
        return
    hour, minute = time.hour.number, time.minute.number
    hours = [hour, abs(hour - HALF_DAY)] if hour > HALF_DAY or hour == 0 else [hour]
    for text in clock(hours, minute):
        yield (Said(text, begin, end),)
    for number in hours if minute else ():
        exact = Said(counted(time.minute.digits), time.minute.begin, end)
        yield (Said(cardinal(number), begin, time.hour.end), exact)
