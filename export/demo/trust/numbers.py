"""Numbers said in one of their readings: whether that one is found, and when it is said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator

from export.demo.evaluate import degraded
from export.demo.hebrew.evaluation import folded
from export.demo.speech.speaker import Language, Speaker
from export.demo.speech.utterance import Utterance
from export.demo.trust.figures import errors, share, table
from export.demo.trust.listening import UTTERANCES, Heard, Model
from export.demo.trust.pointed_numbers import pointed
from service.text.written import Reading

SEED: Final = 2029
AROUND: Final = 4  # words before a number, and after it
KINDS: Final = ("count", "thousands", "year", "time", "percent")
# A breath at the end is written in two ways; a nukta, and what is nasal, in several.
_ALIKE: Final = (("ः", "ह"), ("न्", ""), ("\u093c", ""), ("ँ", ""), ("ं", ""))


@dataclass(frozen=True)
class Voices:
    """A language's model, its held-out sentences, and those who say them."""

    model: Model
    language: Language
    lines: Sequence[Sequence[str]]
    voices: Sequence[str]


class Numbered(NamedTuple):
    """A sentence with a number as it is written, as it was said, and where in the sentence."""

    kind: str
    text: tuple[str, ...]
    reading: str
    place: int
    utterance: Utterance


def report(speakers: Sequence[Voices]) -> Iterator[str]:
    """For every kind of number, clean and degraded."""
    header = ("", "numbers", "the reading said", "sounds like it", "the first one", "start", "end")
    yield from table(header, (row for voices in speakers for row in _rows(voices)))


def written(kind: str, random: Generator) -> str:
    """A random number of a kind, in digits."""
    if kind == "count":
        return str(random.integers(2, 1000))
    if kind == "thousands":
        return f"{random.integers(10, 200) * 100:,}"
    if kind == "year":
        return str(random.integers(1880, 2031))
    if kind == "time":
        return f"{random.integers(1, 13)}:{5 * random.integers(0, 12):02}"
    return f"{random.integers(2, 100)}%"


def _rows(voices: Voices) -> Iterator[list[str]]:
    said = list(_said(voices))
    clean = [item.utterance for item in said]
    for condition, utterances in (("clean", clean), ("degraded", degraded(clean))):
        heard = list(map(voices.model.hear, utterances))
        for kind in (*KINDS, "all"):
            pairs = [
                pair for pair in zip(said, heard, strict=True) if kind in (pair[0].kind, "all")
            ]
            yield [f"{voices.model.name}, {condition}", kind, *_figures(voices, pairs)]


def _said(voices: Voices) -> Iterator[Numbered]:
    """Random numbers in the middle of sentences, in a random one of the readings that are known."""
    random = np.random.default_rng(SEED)
    speaker = Speaker(voices.language, voices.voices)
    lines = [line for line in voices.lines if len(line) >= 2 * AROUND]
    for index in range(2 * UTTERANCES):
        line = lines[index % len(lines)]
        before, after = line[:AROUND], line[AROUND : 2 * AROUND]
        kind = KINDS[index % len(KINDS)]
        number = written(kind, random)
        text = tuple(map(voices.language.spell, before)), tuple(map(voices.language.spell, after))
        sentence = (*text[0], number, *text[1])
        options = [
            (reading.text, words)
            for reading in voices.model.readings(sentence)[AROUND]
            if (words := _sayable(voices.language, reading))
        ]
        reading, words = options[int(random.integers(len(options)))]
        utterance = speaker.speak([*before, *words, *after], random)
        yield Numbered(kind, sentence, reading, AROUND, utterance)


def _sayable(language: Language, reading: Reading) -> list[str] | None:
    """A reading as the voices take it; None if they do not know how it is said."""
    words = reading.text.split()
    return words if language.code != "he" else pointed(words)


def _figures(voices: Voices, pairs: Sequence[tuple[Numbered, Heard]]) -> list[str]:
    same = alike = first = 0
    starts: list[float] = []
    ends: list[float] = []
    for item, heard in pairs:
        found = voices.model.find(heard, item.text)
        readings = voices.model.readings(item.text)[item.place]
        if found is None:
            continue
        chosen = readings[found.placement.readings.get(item.place, 0)].text
        same += chosen == item.reading
        alike += sound(chosen, voices.language) == sound(item.reading, voices.language)
        first += readings[0].text == item.reading
        word = found.words[item.place]
        last = len(heard.words) - (len(item.text) - item.place)
        starts.append(_late(word.start, heard.onsets_sec[item.place]))
        ends.append(_late(word.end, heard.ends_sec[last]))
    shares = [share(count, len(pairs)) for count in (same, alike, first)]
    return [*shares, errors(starts), errors(ends)]


def sound(reading: str, language: Language) -> str:
    """What is heard of a reading; words that sound alike become one."""
    if language.code == "he":
        return folded(reading)
    for one, other in _ALIKE:
        reading = reading.replace(one, other)
    return reading


def _late(found: float | None, true: float) -> float:
    return np.nan if found is None else float(found - true)
