"""How a word may be said, and how each way is spelled with a model's vocabulary."""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from service.text import hebrew, hindi
from service.text.punctuation import BREAK, is_said
from service.text.spelling import Sound, reading_of
from service.text.spoken.aloud import has_digits, ways_to_say
from service.text.spoken.languages import LANGUAGES
from service.text.spoken.pronunciations import Pronunciations, invalid
from service.text.spoken.saying import Hint, Said, Way
from service.text.vocabulary import Vocabulary
from service.text.written import MAX_READINGS, Reading

Spell = Callable[[str], str]  # a written character -> its letters, or the BREAK that it makes

_SPELLERS: Final[Mapping[str, Spell]] = {"he": hebrew.spell, "hi": hindi.spell}
_DIGITS: Final = "0123456789"


class Speaker:
    """A language's way of speaking, with a vocabulary to spell it."""

    def __init__(
        self, language: str, vocabulary: Vocabulary, pronunciations: Mapping[str, str]
    ) -> None:
        """Raises InvalidField for pronunciations that cannot be used."""
        # A text repeats its characters and words: each is looked at once.
        self._spell = functools.cache(_SPELLERS.get(language, str))
        self._tokens_of = functools.cache(vocabulary.spell)
        self._separator_id = vocabulary.separator_id
        self._language = LANGUAGES.get(language)
        self._has_digits = len(vocabulary.spell(_DIGITS)) == len(_DIGITS)
        self._pronunciations = Pronunciations(pronunciations)
        for written, said in pronunciations.items():
            self._check_speakable(written, said)

    def hint(self, word: str, follower: str) -> Hint:
        """What the next word says of how this one is read."""
        return self._language.hint(follower) if self._language and has_digits(word) else ""

    def readings(self, word: str, hint: Hint) -> tuple[Reading, ...]:
        """The ways to say a word, best guess first; places count from its first character."""
        ways = ways_to_say(word, hint, self._language, self._pronunciations)
        if self._has_digits and has_digits(word):  # the model may have learnt to write them
            ways.insert(0, (Said(None, 0, len(word)),))
        found: dict[tuple[object, ...], Reading] = {}
        for way in ways:
            reading = self._reading(word, way)
            found.setdefault((reading.targets, reading.free), reading)
        return tuple(found.values())[:MAX_READINGS]

    def _check_speakable(self, written: str, said: str) -> None:
        if not self._reading("", (Said(said, 0, 0),)).targets:
            raise invalid(f"how {written!r} is said, in the model's letters", said)

    def _reading(self, word: str, way: Way) -> Reading:
        sounds: list[Sound] = []
        for said in way:
            if sounds and not said.joined:
                sounds.append(Sound(BREAK, ()))
            sounds += self._sounds(word, said)
        return reading_of(sounds, self._tokens_of, self._separator_id)

    def _sounds(self, word: str, said: Said) -> Iterator[Sound]:
        if said.text is None:
            for place in range(said.begin, said.end):
                for letter in self._letters(word[place]):
                    yield Sound(letter, (place,))
        else:
            places = tuple(range(said.begin, said.end))
            for character in said.text:
                for letter in self._spell(character):
                    yield Sound(letter, places)

    def _letters(self, character: str) -> str:
        """As spelled; the character itself where it is said and its language has no letter."""
        return self._spell(character) or (character if is_said(character) else "")
