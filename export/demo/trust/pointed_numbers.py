"""How Hebrew number words are said: as the service spells them, and with their points."""

from collections.abc import Sequence
from typing import Final

from export.demo.hebrew.pronunciation import unpointed

_WORDS: Final = (
    "אֶפֶס אַחַת שְׁתַּיִים שָׁלוֹשׁ אַרְבַּע חָמֵשׁ שֵׁשׁ שֶׁבַע שְׁמוֹנֶה תֵּשַׁע עֶשֶׂר "
    "אֶחָד שְׁנַיִים שְׁלוֹשָׁה אַרְבָּעָה חֲמִישָּׁה שִׁישָּׁה שִׁבְעָה תִּשְׁעָה עֲשָׂרָה "
    "שְׁתֵּי שְׁנֵי שְׁתֵּים עֶשְׂרֵה עָשָׂר עֶשְׂרִים שְׁלוֹשִׁים אַרְבָּעִים חֲמִישִּׁים שִׁישִּׁים שִׁבְעִים שְׁמוֹנִים "
    "תִּשְׁעִים מֵאָה מֵאוֹת מָאתַיִים אֶלֶף אֲלָפִים אַלְפַּיִים אַחוּז אֲחוּזִים "
    "שְׁלוֹשֶׁת אַרְבַּעַת חֲמֵשֶׁת שֵׁשֶׁת שִׁבְעַת שְׁמוֹנַת תִּשְׁעַת עֲשֶׂרֶת חֵצִי רֶבַע"
)
_POINTED: Final = {unpointed(word): word for word in _WORDS.split()}
_AND: Final = "וְ"


def pointed(words: Sequence[str]) -> list[str] | None:
    """Number words with their points; None if one of them is not known."""
    found = [_pointed(word) for word in words]
    known = [word for word in found if word is not None]
    return known if len(known) == len(found) else None


def _pointed(word: str) -> str | None:
    """With an "and" before it, too."""
    if word in _POINTED:
        return _POINTED[word]
    rest = _POINTED.get(word[1:])
    return None if rest is None or not word.startswith("ו") else _AND + rest
