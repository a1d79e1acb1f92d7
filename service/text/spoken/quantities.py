"""Where digits stand in a word, with their sign, their unit and their ending."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from service.text.spoken.numerals import Numeral, numerals

_RUN: Final = r"(?P<run>\d+(?:[.,:/\-]\d+)*[½¼¾]?)"
_RUPEE: Final = r"(?:रु|रू|Rs)\.?"
_BEFORE: Final = rf"(?P<before>[₪$€£₹%]|{_RUPEE})?"
_AFTER: Final = rf"(?P<after>[%₪$€£₹°]|{_RUPEE}(?![\u0900-\u097f]))?"
_OPENING: Final = "([{«\"'"
_SIGNED: Final = re.compile(rf"(?P<sign>[+\-])?{_BEFORE}{_RUN}{_AFTER}")


@dataclass(frozen=True)
class Quantity:
    """Digits of a folded word, [begin, end) with what belongs to them.

    meanings: of the digits alone, best guess first; none for more digits than anyone reads. sign:
    where a sign stands, "+" or "-"; unit: a currency, "%" or "°"; ending: the letters of an
    ordinal number.
    """

    begin: int
    end: int
    meanings: tuple[Numeral, ...]
    sign: str = ""
    unit: str = ""
    ending: str = ""

    @property
    def body(self) -> int:
        """Where it begins without its sign."""
        return self.begin + len(self.sign)


def quantities(
    text: str, begin: int, end: int, endings: re.Pattern[str] | None = None
) -> Iterator[Quantity]:
    """All quantities of a folded word's [begin, end), in order.

    endings: what makes digits an ordinal number where it follows them; its first group is the
    ending.
    """
    for match in _SIGNED.finditer(text, begin, end):
        sign = _sign(text, match)
        start = match.start() if sign or not match["sign"] else match.start() + 1
        ending = endings.match(text, match.end(), end) if endings else None
        yield Quantity(
            start,
            ending.end() if ending else match.end(),
            tuple(numerals(match["run"], match.start("run"))),
            sign,
            _unit(match["after"] or match["before"] or ""),
            ending[1] if ending else "",
        )


def _unit(written: str) -> str:
    return "₹" if len(written) > 1 else written


def _sign(text: str, match: re.Match[str]) -> str:
    """A hyphen after anything but an opening bracket or quote joins, and is no minus."""
    before = text[match.start() - 1] if match.start() else ""
    return (match["sign"] or "") if before in _OPENING else ""
