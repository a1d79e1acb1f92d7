"""How a word may be said, and how each way is spelled with a model's vocabulary."""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from service.text import hebrew, hindi, phonemes
from service.text.punctuation import BREAK, is_said
from service.text.spelling import Places, reading_of
from service.text.spoken.aloud import has_digits, ways_to_say
from service.text.spoken.folding import folded
from service.text.spoken.languages import LANGUAGES
from service.text.spoken.pronunciations import Pronunciations, invalid
from service.text.spoken.saying import MAX_WAYS, Hint, Said, Way
from service.text.vocabulary import Vocabulary
from service.text.written import MAX_READINGS, Reading

Spell = Callable[[str], str]  # a written character -> its letters, or the BREAK that it makes

_SPELLERS: Final[Mapping[str, Spell]] = {"he": hebrew.spell, "hi": hindi.spell}
# Targets of all readings but the first, in one text: a book of numbers is read as best guessed.
MAX_ALTERNATIVES: Final = 200_000
_DIGITS: Final = "0123456789"


class Speaker:
    """A language's way of speaking, with a vocabulary to spell it."""

    def __init__(
        self, language: str, vocabulary: Vocabulary, pronunciations: Mapping[str, str]
    ) -> None:
        """Raises InvalidField for pronunciations that cannot be used."""
        self._units = vocabulary.units
        # Phonemes are what is said: no language has anything to read aloud or to spell in them.
        in_letters = self._units == "characters"
        speller = _SPELLERS.get(language, str) if in_letters else phonemes.spell
        # A text repeats its characters and words: each is looked at once.
        self._spell = functools.cache(speller)
        self._letters = functools.cache(self._letters_at)
        self._spelled = functools.cache(self._letters_of)
        self._tokens_of = functools.cache(vocabulary.spell)
        self._separator_id = vocabulary.separator_id
        self._language = LANGUAGES.get(language) if in_letters else None
        self._readings = functools.cache(self._find)
        self._left = MAX_ALTERNATIVES
        self._has_digits = len(vocabulary.spell(_DIGITS)) == len(_DIGITS)
        self._pronunciations = Pronunciations(pronunciations)
        for written, said in pronunciations.items():
            self._check_speakable(written, said)

    def readings(self, word: str, follower: str) -> tuple[Reading, ...]:
        """The ways to say a word that stands before another, best guess first."""
        if self._language is None or not has_digits(word):
            return self._readings(word, "")
        return self._readings(word, self._language.hint(folded(follower).text))

    def _find(self, word: str, hint: Hint) -> tuple[Reading, ...]:
        most = MAX_WAYS if self._left > 0 else 1
        ways = ways_to_say(word, hint, self._language, self._pronunciations, most=most)
        if self._has_digits and has_digits(word):  # the model may have learnt to write them
            ways.insert(0, (Said(None, 0, len(word)),))
        found: dict[tuple[object, ...], Reading] = {}
        for way in ways if self._left > 0 else ways[:1]:
            reading = self._reading(word, way)
            tokens = tuple(target.token for target in reading.targets)
            found.setdefault((tokens, reading.free), reading)
            if len(found) == MAX_READINGS:
                break
        best, *others = found.values()
        self._left -= sum(len(reading.targets) for reading in others)
        return (best, *others)

    def _check_speakable(self, written: str, said: str) -> None:
        if not self._reading("", (Said(said, 0, 0),)).targets:
            units = "letters" if self._units == "characters" else "phonemes"
            raise invalid(f"how {written!r} is said, in the model's {units}", said)

    def _reading(self, word: str, way: Way) -> Reading:
        letters: list[str] = []
        places: list[Places] = []
        for said in way:
            if letters and not said.joined:
                letters.append(BREAK)
                places.append(())
            for spelled, spoken in self._sounds(word, said):
                letters.append(spelled)
                places += [spoken] * len(spelled)
        return reading_of("".join(letters), places, self._tokens_of, self._separator_id)

    def _sounds(self, word: str, said: Said) -> Iterator[tuple[str, Places]]:
        """Letters, and what they are for."""
        if said.text is None:
            for place in range(said.begin, said.end):
                yield self._letters(word[place]), (place,)
        else:
            yield self._spelled(said.text), tuple(range(said.begin, said.end))

    def _letters_of(self, text: str) -> str:
        return "".join(map(self._spell, text))

    def _letters_at(self, character: str) -> str:
        """As spelled; the character itself where it is said and its language has no letter."""
        return self._spell(character) or (character if is_said(character) else "")
