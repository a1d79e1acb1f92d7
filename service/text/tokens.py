"""What every vocabulary gives: tokens for letters, and a text for tokens."""

import unicodedata
from typing import NamedTuple, Protocol

from service.bundle import Bundle
from service.manifest import Units


class TokenText(NamedTuple):
    """What a token adds to a text: letters, after a space where it begins a word."""

    letters: str
    begins_word: bool


class SpelledToken(NamedTuple):
    """A token, and which of the letters it stands for, ascending; none for a mere word mark."""

    token: int
    spoken: tuple[int, ...]


class Vocabulary(Protocol):
    """A model's tokens as text."""

    @property
    def blank_id(self) -> int:
        """CTC's blank."""

    @property
    def separator_id(self) -> int | None:
        """The token between words, which belongs to neither; None where a word's first token says
        that it begins one.
        """

    @property
    def units(self) -> Units:
        """What a text is spelled in."""

    def spell(self, letters: str) -> list[SpelledToken]:
        """The tokens of one spoken word, in any normal form.

        What has no token is left out, and none is the blank, the separator or a special one.
        """

    def read(self, token: int) -> TokenText | None:
        """None for what is no text: the blank and the special tokens."""


def spoken_tokens(bundle: Bundle) -> dict[int, str]:
    """All but the blank and the special ones."""
    manifest = bundle.manifest
    return {
        index: token
        for index, token in enumerate(bundle.tokens)
        if token not in manifest.special_tokens and index != manifest.blank_id
    }


def decomposed(text: str) -> str:
    """Letters and their marks apart, in Unicode's order."""
    return unicodedata.normalize("NFD", text)


def is_mark(character: str) -> bool:
    """A point, an accent or a vowel sign: what stands on a letter."""
    return unicodedata.category(character).startswith("M")
