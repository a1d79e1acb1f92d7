"""Text for formats in which a line, a tab or a quote ends something."""

import re
from typing import Final

UNPRINTABLE: Final = "\ufffd"
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    """The text on one line, its spaces single; a control character, which no line-based format can
    hold, is U+FFFD.
    """
    return _CONTROL.sub(UNPRINTABLE, " ".join(text.split()))
