"""Lines of a right-to-left text, kept from being turned around by players that do not know them."""

import unicodedata
from collections.abc import Callable
from typing import Final

from service.formats.document import Document
from service.formats.options import FormatOptions

RIGHT_TO_LEFT_MARK: Final = "\u200f"
RIGHT_TO_LEFT_ISOLATE: Final = "\u2067"
POP_ISOLATE: Final = "\u2069"

Directed = Callable[[str], str]


def directed(document: Document, options: FormatOptions) -> Directed:
    """What puts a line between marks or into an isolate, if they are asked for and most letters of
    the document are written from right to left. Every line then: one of digits is turned, too.
    """
    if options.bidi == "none" or not _is_right_to_left(document.text):
        return lambda line: line
    if options.bidi == "marks":
        return lambda line: f"{RIGHT_TO_LEFT_MARK}{line}{RIGHT_TO_LEFT_MARK}"
    return lambda line: f"{RIGHT_TO_LEFT_ISOLATE}{line}{POP_ISOLATE}"


def _is_right_to_left(text: str) -> bool:
    directions = [unicodedata.bidirectional(character) for character in text]
    return sum(way in {"R", "AL"} for way in directions) > directions.count("L")
