"""How Hindi is read aloud."""

import re
from typing import Final

from service.text.spoken.hindi.ordinals import ENDINGS
from service.text.spoken.hindi.reading import IDIOM
from service.text.spoken.hindi.words import EXPANSIONS, hint
from service.text.spoken.language import Language

# Latin letters by their names, as they stand before a name.
_INITIALS: Final = "ए|बी|सी|डी|एफ|जी|एच|आई|जे|के|एल|एम|एन|ओ|पी|क्यू|आर|एस|टी|यू|वी|डब्ल्यू|एक्स|वाई|ज़ेड|जेड"

HINDI: Final = Language(
    IDIOM.ways,
    hint,
    EXPANSIONS,
    to=IDIOM.to,
    endings=ENDINGS,
    initials=re.compile(rf"[अ-ह]|{_INITIALS}"),
)
