"""How words are said that the model cannot read: given with a text, as written -> as said."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from service.errors import InvalidField
from service.text.script import script_of
from service.text.spoken.folding import folded

MAX_PRONUNCIATIONS: Final = 1_000
MAX_WRITTEN: Final = 100  # characters
MAX_SAID: Final = 300  # characters
_MAX_PREFIX: Final = 4  # letters
_MAX_PARTS: Final = 16  # of a word between hyphens; one of more is no word
_MAX_JOINED: Final = 4  # parts of a word that a hyphen joins, which may be pronounced together
_PART: Final = re.compile(r"[^\s\-/,;!?…।॥]+")
_AROUND: Final = ".:\"'`«»()[]{}<>*_"  # punctuation that may stand around a word


class Pronunciations:
    """What is said, by how it is written; case, and the kinds of quotes and hyphens, are alike."""

    def __init__(self, given: Mapping[str, str]) -> None:
        """Raises InvalidField if they are too many, or one of them is empty or too long."""
        if len(given) > MAX_PRONUNCIATIONS:
            raise invalid(f"at most {MAX_PRONUNCIATIONS} pronunciations", len(given))
        for written, said in given.items():
            _check(written, said)
        self._said = {
            _key(written.strip()): " ".join(said.split()) for written, said in given.items()
        }

    def find(self, text: str, prefix: re.Pattern[str] | None) -> Iterator[tuple[int, int, str]]:
        """Where in a folded word something stands that has a pronunciation, and what that is.

        The whole word, or parts of it between hyphens, the longest first; without the punctuation
        around them and without a prefix.
        """
        done = 0
        for begin, end in _candidates(text) if self._said else ():
            starts = _starts(text, begin, end, prefix) if begin >= done else ()
            for start in starts:
                if said := self._said.get(_key(text[start:end])):
                    yield start, end, said
                    done = end
                    break


def invalid(expected: str, got: str | int) -> InvalidField:
    """The error of this field."""
    shown = got if isinstance(got, int) else repr(got[:MAX_WRITTEN])
    return InvalidField(f"expected {expected}, got {shown}", param="pronunciations")


def _check(written: str, said: str) -> None:
    if len(written.split()) != 1 or len(written) > MAX_WRITTEN or not folded(written.strip()).text:
        raise invalid(f"a word of at most {MAX_WRITTEN} characters to pronounce", written)
    if not said.strip() or len(said) > MAX_SAID:
        raise invalid(f"1 to {MAX_SAID} characters for how {written!r} is said", said)


def _key(written: str) -> str:
    return folded(written).text.casefold()


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of a word that may be written as one, by where they begin, the longest first."""
    yield 0, len(text)
    parts = [match.span() for match in _PART.finditer(text)]
    if len(parts) > _MAX_PARTS:
        return
    for index, (begin, _) in enumerate(parts):
        for _, end in reversed(parts[index : index + _MAX_JOINED]):
            yield begin, end
            yield _stripped(text, begin, end)


def _stripped(text: str, begin: int, end: int) -> tuple[int, int]:
    """Without the punctuation around it."""
    core = text[begin:end].rstrip(_AROUND)
    return begin + len(core) - len(core.lstrip(_AROUND)), begin + len(core)


def _starts(text: str, begin: int, end: int, prefix: re.Pattern[str] | None) -> Iterator[int]:
    """Where it may begin: at once, or after a prefix in another script, "הNATO"."""
    for start in range(max(begin, end - MAX_WRITTEN), end):
        before = text[begin:start]
        if not before:
            yield start
        elif len(before) > _MAX_PREFIX or prefix is None:
            return
        elif prefix.fullmatch(before) and script_of(text[start]) != script_of(before[-1]):
            yield start
