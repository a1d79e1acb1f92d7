"""Hindi text to speak: sentences, and a list of words with their frequencies."""

import random as stdlib_random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from numpy.random import Generator

from export.demo.speech.mixture import BatchPlan, Phrases
from export.demo.speech.speaker import Language

SPLIT_SEED: Final = 20261121
HELD_OUT_LINES: Final = 200
FREQUENCY_POWER: Final = 0.4  # between every word alike (0) and as often as it is said (1)
# There are few sentences and many words: more than half of what is said is words in random order.
PLAN: Final = BatchPlan(seconds=60.0, recorded_share=0.0, shuffled_share=0.55)
# Consonants and independent vowels, signs on them; no digits, no danda, no Vedic marks.
_WORD: Final = re.compile("[\u0901-\u0939\u093c\u093e-\u094d]+")
_JOINERS: Final = re.compile("[\u200c\u200d]")
_FOREIGN: Final = re.compile("[A-Za-z0-9\u0966-\u096f]")


@dataclass(frozen=True)
class Split:
    """What is trained on, and what is kept apart. No held-out line is ever synthesised."""

    phrases: Phrases
    held_out_lines: tuple[tuple[str, ...], ...]


def normalized(text: str) -> str:
    """Nuktas as marks of their own (as the published model's tokens have them), no joiners."""
    # NFC would compose some letters with nukta and decompose others; NFD treats all alike.
    return _JOINERS.sub("", unicodedata.normalize("NFD", text))


def split_words(sentence: str) -> list[str]:
    """The words of a sentence that are Devanagari throughout; a hyphen separates words."""
    pieces = normalized(sentence).replace("-", " ").split()
    words = (_WORD.findall(piece) for piece in pieces if not _FOREIGN.search(piece))
    return [word for found in words for word in found if _is_sayable(word)]


def split_corpus(sentences: Path, frequencies: Path) -> Split:
    """Divide the sentences, the same way each time; all words of the list may be spoken."""
    lines = [split_words(line) for line in sentences.read_text(encoding="utf-8").splitlines()]
    candidates = [tuple(line) for line in dict.fromkeys(map(tuple, lines)) if line]
    shuffler = stdlib_random.Random(SPLIT_SEED)
    apart = set(shuffler.sample(candidates, min(HELD_OUT_LINES, len(candidates) // 4)))
    words = read_frequencies(frequencies)
    powers = [count**FREQUENCY_POWER for count in words.values()]
    total = sum(powers)
    phrases = Phrases(
        tuple(line for line in candidates if line not in apart),
        tuple(words),
        tuple(power / total for power in powers),
    )
    return Split(phrases, tuple(line for line in candidates if line in apart))


def read_frequencies(path: Path) -> dict[str, int]:
    """`word count` lines; words that are not Devanagari throughout are left out."""
    counts: dict[str, int] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        written, _, count = line.rpartition(" ")
        for word in split_words(written):
            counts[word] = counts.get(word, 0) + int(count)
    return counts


def _is_sayable(word: str) -> bool:
    """Whether it begins with a letter: a lone sign is a slip of the pen."""
    return unicodedata.category(word[0]) == "Lo"


def _as_written(words: Sequence[str], _: Generator) -> list[str]:
    return [unicodedata.normalize("NFC", word) for word in words]


HINDI: Final = Language("hi", _as_written, str)
