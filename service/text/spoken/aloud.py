"""The ways in which a written word may be said."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from service.text.spoken.folding import FoldedWord, folded
from service.text.spoken.language import Language
from service.text.spoken.pronunciations import Pronunciations
from service.text.spoken.quantities import Quantity, quantities
from service.text.spoken.saying import MAX_WAYS, Hint, Said, Way, combined

_MAX_EXPRESSIONS: Final = 16  # in a word; of more, only the best guesses are taken
_MAX_READ: Final = 256  # quantities in a word; nobody reads what follows them aloud
_MAX_PREFIX: Final = 5  # characters
_MAX_BEFORE: Final = 16  # characters of a prefix with the brackets and quotes before it
_DIGIT: Final = re.compile(r"\d")


def has_digits(word: str) -> bool:
    """Whether a word has digits, of any script."""
    return _DIGIT.search(word) is not None


def ways_to_say(
    word: str,
    hint: Hint,
    language: Language | None,
    pronunciations: Pronunciations,
    *,
    most: int = MAX_WAYS,
) -> list[Way]:
    """Ways to say a word, best guess first, at least one.

    Pronunciations count before all else; a language reads digits, abbreviations and symbols. most:
    ways to say each number that are looked for; one costs little.
    """
    whole = folded(word)
    text = language.with_stops(whole.text) if language else whole.text
    reader = _Reader(text, hint, language, most)
    for begin, end, said in pronunciations.find(whole.text, reader.prefix):
        reader.read_digits(begin)
        reader.say(begin, end, [(Said(said, begin, end),)])
    reader.read_digits(len(whole.text))
    reader.write(len(whole.text))
    return [_unfolded(way, whole) for way in _sequences(reader.choices)]


class _Reader:
    """Reads a folded word from left to right; `choices` has the ways to say each part of it."""

    def __init__(self, text: str, hint: Hint, language: Language | None, most: int) -> None:
        self.choices: list[Sequence[Way]] = []
        self.prefix = language.prefix if language else None
        self._text = text
        self._hint = hint
        self._language = language
        self._done = 0  # where the next part begins
        self._digits_end = -1  # where the last quantity ended
        self._most = most
        self._read = 0  # quantities

    def read_digits(self, end: int) -> None:
        """Read on to the last digits before `end`."""
        if self._language:
            endings = self._language.endings
            for quantity in quantities(self._text, self._done, end, endings):
                if self._read == _MAX_READ:
                    return
                if ways := self._ways(self._language, quantity):
                    self._range_to(quantity.begin, self._language.to)
                    self.say(quantity.begin, quantity.end, ways)
                    self._digits_end = self._done
                    self._read += 1

    def _ways(self, language: Language, quantity: Quantity) -> list[Way]:
        """As many as will be of use."""
        if not quantity.meanings:
            return []
        most = self._most if len(self.choices) <= _MAX_EXPRESSIONS else 1
        return list(islice(language.ways(quantity, self._hint_at(quantity.begin)), most))

    def say(self, begin: int, end: int, ways: Sequence[Way]) -> None:
        """What stands before it, and then one of the ways to say [begin, end)."""
        prefix = self._prefix_before(begin)
        if prefix:
            self.choices.append([(Said(None, self._done, prefix.end(1)),)])
            ways = [(way[0]._replace(joined=True), *way[1:]) for way in ways]
        else:
            self.write(begin)
        self.choices.append(ways)
        self._done = end

    def _range_to(self, begin: int, to: str) -> None:
        """A hyphen between two quantities: from the one to the other."""
        if self._done == self._digits_end and self._text[self._done : begin] == "-":
            self.say(self._done, begin, [(Said(to, self._done, begin),), ()])

    def _prefix_before(self, begin: int) -> re.Match[str] | None:
        """At the word's beginning alone."""
        if self._done or self.prefix is None or begin > _MAX_BEFORE:
            return None
        return self.prefix.fullmatch(self._text, 0, begin)

    def _hint_at(self, begin: int) -> Hint:
        """An article before digits counts, what follows the word does otherwise."""
        prefix = self._prefix_before(begin)
        article = self._language.article if self._language else ""
        return "definite" if article and prefix and prefix[1].endswith(article) else self._hint

    def write(self, end: int) -> None:
        """As it is written, or in full."""
        if end > self._done:
            begin, self._done = self._done, end
            in_full = list(self._in_full(begin, end))
            as_written = (Said(None, begin, end),)
            spelled = not in_full or any(map(str.isalpha, self._text[begin:end]))
            self.choices.append([*in_full, as_written] if spelled else in_full)

    def _in_full(self, begin: int, end: int) -> Iterator[Way]:
        """An abbreviation, with or without a prefix."""
        if not self._language:
            return
        prefixed = (
            start
            for start in range(begin + 1, min(begin + _MAX_PREFIX + 1, end))
            if self.prefix and not begin and self.prefix.fullmatch(self._text, begin, start)
        )
        for start in (begin, *prefixed):
            if found := self._language.shortened(self._text[start:end]):
                first, last = start + found[0], start + found[1]
                for text in self._language.expansions[self._text[first:last]]:
                    said = Said(text, first, last, joined=start > begin)
                    yield (Said(None, begin, first), said, Said(None, last, end))
                return


def _sequences(choices: Sequence[Sequence[Way]]) -> list[Way]:
    """Ways to say a word's parts one after the other."""
    if len(choices) > _MAX_EXPRESSIONS:
        return [tuple(said for ways in choices for said in ways[0])]
    return combined(choices)


def _unfolded(way: Way, whole: FoldedWord) -> Way:
    """In the places of the word as it was written."""
    return tuple(
        Said(said.text, *whole.span(said.begin, said.end), said.joined)
        for said in way
        if said.end > said.begin
    )
