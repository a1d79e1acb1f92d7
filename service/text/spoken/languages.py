"""The languages that are read aloud here."""

from collections.abc import Mapping
from typing import Final

from service.text.spoken.hebrew import HEBREW
from service.text.spoken.hindi import HINDI
from service.text.spoken.language import Language

LANGUAGES: Final[Mapping[str, Language]] = {"he": HEBREW, "hi": HINDI}
