"""Hindi ordinal numbers that are written with digits: 1ला, 2री, 5वाँ, 10वीं."""

import re
from collections.abc import Iterator
from typing import Final

from service.text.spoken.hindi.cardinals import cardinal

# The ending as it is written -> that of the first four and the sixth, and of all others.
_VOWELS: Final = {"ा": ("ा", "वाँ"), "ी": ("ी", "वीं"), "े": ("े", "वें")}
_STEMS: Final = {1: "पहल", 2: "दूसर", 3: "तीसर", 4: "चौथ", 6: "छठ"}
ENDINGS: Final = re.compile(r"-?((?:ल|र|थ|ठ|व)[ाीे][ँं]?)(?![\u0900-\u097f])")
_OTHER: Final = {6: "छठ", 9: "नव"}


def ordinals(number: int, ending: str) -> Iterator[str]:
    """Ways to say one with this ending, best guess first."""
    vowel, regular = _VOWELS[ending[1]]
    said = cardinal(number)
    written = f"{said}{ending}"
    if ending.startswith("व"):
        yield f"{said}{regular}"
        if number in _OTHER:
            yield f"{_OTHER[number]}{regular}"
        yield written
        yield f"{said}{regular}".replace("ँ", "ं")
    if number in _STEMS:
        yield f"{_STEMS[number]}{vowel}"
    yield written
