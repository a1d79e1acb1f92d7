"""What is written in digits: numbers, dates, times, ranges and telephone numbers.

Nothing here depends on the language that reads them aloud.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

MAX_DIGITS: Final = 40  # of one numeral; nobody reads more of them aloud
_PHONE_DIGITS: Final = range(7, 16)  # of a telephone number (ITU-T E.164)
QUARTER: Final = 15  # minutes
HALF: Final = 30
THREE_QUARTERS: Final = 45
HUNDREDTHS: Final = 2  # digits of a price's fraction, and of a year without its century
_LAST_DAY: Final = 31
_LAST_MONTH: Final = 12
_LAST_HOUR: Final = 24
_MINUTES: Final = 60
_PAIR: Final = 2  # groups of digits, which may be a range as well
_LONG: Final = 9  # digits: written in groups, nothing else has as many

_GROUPED: Final = r"(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3})"  # thousands; lakhs
_WHOLE: Final = re.compile(rf"{_GROUPED}|\d+")
_FRACTIONAL: Final = re.compile(rf"({_GROUPED}|\d+)\.(\d+)")
_DATE: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})")
_ISO_DATE: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY: Final = re.compile(r"(\d{1,2})[./](\d{1,2})")
_TIME: Final = re.compile(r"(\d{1,2})[:.](\d{2})(?::(\d{2}))?")
_QUOTIENT: Final = re.compile(r"(\d+)/(\d+)")
_HYPHENATED: Final = re.compile(r"\d+(?:-\d+)*")
_VULGAR: Final = re.compile(rf"({_GROUPED}|\d+)([½¼¾])")
_VULGAR_DIGITS: Final = {"½": "5", "¼": "25", "¾": "75"}
_SEPARATOR: Final = re.compile(r"[.,:/\-]")


class Whole(NamedTuple):
    """digits: without commas; they stand in [begin, end), as they do in all of these."""

    digits: str
    begin: int
    end: int

    @property
    def number(self) -> int:
        """Its value."""
        return int(self.digits)


class Fractional(NamedTuple):
    """3.14: the whole and the digits after the point; 3½, if it is `vulgar`, as if it were 3.5."""

    whole: Whole
    fraction: Whole
    vulgar: bool = False


class Date(NamedTuple):
    """1.2.2024, 1/2, 2024-02-01."""

    day: Whole
    month: Whole
    year: Whole | None


class Time(NamedTuple):
    """14:30, 9:05:30."""

    hour: Whole
    minute: Whole
    second: Whole | None


class Quotient(NamedTuple):
    """3/4."""

    top: Whole
    bottom: Whole


class Phone(NamedTuple):
    """050-1234567: its groups of digits."""

    groups: tuple[Whole, ...]


class Range(NamedTuple):
    """10-15, 1990-1995, 14:00-15:30: at `hyphen`."""

    first: "Numeral"
    last: "Numeral"
    hyphen: int


class Series(NamedTuple):
    """Anything else: 3:1, 1.2.3, 1-2-3; `separator` is what stands between the first two."""

    parts: tuple[Whole, ...]
    separator: str


Numeral = Whole | Fractional | Date | Time | Quotient | Phone | Range | Series


def numerals(run: str, begin: int) -> list[Numeral]:
    """What digits, with single separators between them, may mean, best guess first.

    begin: where they stand. None for a run of more than MAX_DIGITS digits.
    """
    if sum(map(str.isdecimal, run)) > MAX_DIGITS:
        return []
    found = [*_dates(run, begin), *_amounts(run, begin), *_times(run, begin)]
    return found or [_phone(run, begin) or _range(run, begin) or _series(run, begin)]


def countable(meanings: Sequence[Numeral]) -> Sequence[Numeral]:
    """Those that may be so many of something; all where there is none."""
    return [one for one in meanings if isinstance(one, Whole | Fractional | Range)] or meanings


def _amounts(run: str, begin: int) -> Iterator[Numeral]:
    if _WHOLE.fullmatch(run):
        yield Whole(run.replace(",", ""), begin, begin + len(run))
    elif match := _FRACTIONAL.fullmatch(run):
        yield Fractional(_ungrouped(match, begin), _group(match, 2, begin))
        yield from _days(run, begin)
    elif match := _VULGAR.fullmatch(run):
        part = _group(match, 2, begin)._replace(digits=_VULGAR_DIGITS[match[2]])
        yield Fractional(_ungrouped(match, begin), part, vulgar=True)
    elif match := _QUOTIENT.fullmatch(run):
        yield Quotient(_group(match, 1, begin), _group(match, 2, begin))
        yield from _days(run, begin)


def _dates(run: str, begin: int) -> Iterator[Date]:
    """With a year."""
    if match := _DATE.fullmatch(run):
        yield from _valid(Date(*(_group(match, index, begin) for index in (1, 3, 4))))
    elif match := _ISO_DATE.fullmatch(run):
        yield from _valid(Date(*(_group(match, index, begin) for index in (3, 2, 1))))


def _days(run: str, begin: int) -> Iterator[Date]:
    """Without one."""
    if match := _DAY.fullmatch(run):
        yield from _valid(Date(_group(match, 1, begin), _group(match, 2, begin), None))


def _valid(date: Date) -> Iterator[Date]:
    if 1 <= date.day.number <= _LAST_DAY and 1 <= date.month.number <= _LAST_MONTH:
        yield date


def _times(run: str, begin: int) -> Iterator[Time]:
    if match := _TIME.fullmatch(run):
        hour, minute = _group(match, 1, begin), _group(match, 2, begin)
        second = _group(match, 3, begin) if match[3] else None
        if hour.number <= _LAST_HOUR and minute.number < _MINUTES:
            yield Time(hour, minute, second)


def _phone(run: str, begin: int) -> Phone | None:
    """A number in groups, that begins with 0 or has three groups or very many digits."""
    groups = _parts(run, begin)
    digits = sum(len(group.digits) for group in groups)
    likely = run.startswith("0") or len(groups) > _PAIR or digits >= _LONG
    if _HYPHENATED.fullmatch(run) and digits in _PHONE_DIGITS and likely:
        return Phone(groups)
    return None


def _range(run: str, begin: int) -> Range | None:
    first, hyphen, last = run.partition("-")
    if not hyphen or "-" in last:
        return None
    middle = begin + len(first)
    return Range(numerals(first, begin)[0], numerals(last, middle + 1)[0], middle)


def _series(run: str, begin: int) -> Series:
    separator = _SEPARATOR.search(run)
    return Series(_parts(run, begin), separator[0] if separator else "")


def _parts(run: str, begin: int) -> tuple[Whole, ...]:
    return tuple(
        Whole(match[0], begin + match.start(), begin + match.end())
        for match in re.finditer(r"\d+", run)
    )


def _ungrouped(match: re.Match[str], begin: int) -> Whole:
    """The first group, without its commas."""
    found = _group(match, 1, begin)
    return found._replace(digits=found.digits.replace(",", ""))


def _group(match: re.Match[str], index: int, begin: int) -> Whole:
    return Whole(match[index], begin + match.start(index), begin + match.end(index))
