"""Phonemes of the International Phonetic Alphabet as tokens, of one letter or of several."""

from collections.abc import Iterator
from typing import Final

from service.bundle import Bundle
from service.manifest import Units
from service.text.punctuation import BREAK, parts_words
from service.text.tokens import SpelledToken, TokenText, decomposed, is_mark, spoken_tokens

# Not everybody writes the bar that ties two letters to one phoneme, or the alphabet's own g.
_LOOSE: Final = {0x361: None, 0x35C: None, ord("g"): "ɡ"}
_TIES: Final = 1  # in a phoneme; a text may have it where the vocabulary has none


def spell(character: str) -> str:
    """A character itself, whatever the language: letters are phonemes already. BREAK for what
    parts words.
    """
    return BREAK if parts_words(character) else character


class PhonemeVocabulary:
    """A token a phoneme; espeak's have nothing between words, others a token.

    Where nothing stands between words, nobody can tell from what is heard where they begin: each
    phoneme is read as a word of its own, as transformers' decoder writes them.
    """

    units: Units = "phonemes"

    def __init__(self, bundle: Bundle) -> None:
        delimiter = bundle.manifest.word_delimiter
        self.blank_id = bundle.manifest.blank_id
        self.separator_id = bundle.tokens.index(delimiter) if delimiter else None
        self._texts = spoken_tokens(bundle)
        if self.separator_id is not None:
            del self._texts[self.separator_id]
        self._ids = {decomposed(text): token for token, text in self._texts.items()}
        self._loose: dict[str, int] = {}
        for text, token in self._ids.items():
            self._loose.setdefault(text.translate(_LOOSE), token)
        self._longest = max(map(len, self._ids), default=1) + _TIES

    def spell(self, letters: str) -> list[SpelledToken]:
        """The longest phoneme that there is, and then the longest of what follows it.

        A letter whose marks are in no token is spelled without them; marks of stress and of length
        without a token are left out, as is a letter without one, with its marks.
        """
        pairs = [
            (part, place) for place, letter in enumerate(letters) for part in decomposed(letter)
        ]
        text = "".join(part for part, _ in pairs)
        places = [place for _, place in pairs]
        return [
            SpelledToken(token, tuple(dict.fromkeys(places[begin:end])))
            for token, begin, end in self._matches(text)
        ]

    def read(self, token: int) -> TokenText | None:
        """A phoneme, or the space between words."""
        if token == self.separator_id:
            return TokenText("", begins_word=True)
        text = self._texts.get(token)
        return None if text is None else TokenText(text, begins_word=self.separator_id is None)

    def _matches(self, text: str) -> Iterator[tuple[int, int, int]]:
        """The tokens of a decomposed text, each with where it begins and ends."""
        begin = 0
        while begin < len(text):
            token, end = self._next(text, begin)
            if token is not None:
                yield token, begin, end
            begin = end

    def _next(self, text: str, begin: int) -> tuple[int | None, int]:
        """The longest token at `begin`, and where it ends; None for a letter without one, whose
        marks go with it.
        """
        for end in range(min(begin + self._longest, len(text)), begin, -1):
            part = text[begin:end]
            token = self._ids.get(part, self._loose.get(part.translate(_LOOSE)))
            if token is not None:
                return token, end
        end = begin + 1
        while end < len(text) and is_mark(text[end]) and not is_mark(text[begin]):
            end += 1
        return None, end
