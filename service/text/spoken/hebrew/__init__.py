"""How Hebrew is read aloud."""

import re
from typing import Final

from service.text.spoken.hebrew.reading import IDIOM
from service.text.spoken.hebrew.words import EXPANSIONS, hint
from service.text.spoken.language import Language

HEBREW: Final = Language(
    IDIOM.ways,
    hint,
    EXPANSIONS,
    to=IDIOM.to,
    endings=re.compile(r"-?(ית|י|ה)(?![א-ת])"),
    prefix=re.compile(r"\W*(?!(?:של|[ובהלמש]?כל|של[הכ]?ם?)\b)([ובהלכמש]{1,4})-?"),
    article="ה",
    initials=re.compile(r"[א-ת]'?"),
)
