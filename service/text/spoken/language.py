"""What has to be known of a language to read it aloud."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from service.text.spoken.quantities import Quantity
from service.text.spoken.saying import Hint, Way

Expansions = Mapping[str, tuple[str, ...]]  # an abbreviation or a symbol -> what is said for it

_LONGEST_SHORT: Final = 20  # characters of an abbreviation
_OPENING: Final = "\"'([{«"
# What may follow an abbreviation; its own stop or geresh are tried with it first.
_CLOSINGS: Final = ("", ",;:!?)]}»…।|", ".,;:!?)]}»…।|", ".,;:!?)]}»…।|\"'")


@dataclass(frozen=True)
class Language:
    """ways: to read digits aloud, best guess first, found as they are asked for. hint: what a word
    says of the digits before it. expansions: of what is written short. to: said between two
    quantities that a hyphen joins. endings: what makes digits an ordinal number, and follows them.
    prefix: what is written before digits or an abbreviation and is one word with it; its first
    group is what is said. article: the end of a prefix that is one. initials: letters before a full
    stop that ends no sentence.
    """

    ways: Callable[[Quantity, Hint], Iterator[Way]]
    hint: Callable[[str], Hint]
    expansions: Expansions
    to: str
    endings: re.Pattern[str] | None = None
    prefix: re.Pattern[str] | None = None
    article: str = ""
    initials: re.Pattern[str] | None = None

    def with_stops(self, text: str) -> str:
        """A folded word with the stops of an abbreviation for which zeros were typed: डा०."""
        if "0" in text and len(text) <= _LONGEST_SHORT:
            stopped = text.replace("0", ".")
            found = self.shortened(stopped)
            if found and "0" not in text[: found[0]] + text[found[1] :]:
                return stopped
        return text

    def shortened(self, text: str) -> tuple[int, int] | None:
        """Where, in a part of a folded word, the abbreviation is that it consists of."""
        begin = len(text) - len(text.lstrip(_OPENING))
        for start in (0, begin):
            for closing in _CLOSINGS:
                end = len(text[start:].rstrip(closing)) + start
                if text[start:end] in self.expansions:
                    return start, end
        return None
