"""What makes an alignment suspect, in sentences for its reader.

A search always answers. These checks look at the answer as a listener would: words that last too
long, that have a hole in them, or that nobody could say so fast.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from service.spans import FrameClock, Segment, TokenSpan, Word

# Of a word up to LONG_WORD_LETTERS; longer ones, and numbers of several words, may last longer.
LONGEST_WORD_SEC: Final = 2.0
LONG_WORD_LETTERS: Final = 8
LONGEST_GAP_SEC: Final = 1.0  # between two letters of a word
# Letters a second, vowel signs not counted. At 200 words a minute the synthesiser's voices come to
# 12.5 in Hebrew and 10.3 in Hindi; more than twice that is taken for nobody's speech.
HIGHEST_RATE: Final = 30.0
LEAST_LETTERS: Final = 12  # of a segment, for its rate to mean something
LEAST_QUALITY: Final = 0.5
NAMED: Final = 5  # of the words that a warning is about; the others are counted


def doubts(
    words: Sequence[Word], segments: Sequence[Segment], gaps_sec: Sequence[float], quality: float
) -> tuple[str, ...]:
    """The warnings of an alignment. gaps_sec: of each word the longest between its letters."""
    return (
        *_misfit(quality),
        *_missing(words),
        *_too_long(words),
        *_too_fast(words, segments),
        *_torn(words, gaps_sec),
    )


def longest_gap(spans: Sequence[TokenSpan], clock: FrameClock) -> float:
    """Seconds between the tokens of a word where they are farthest apart."""
    frames = [after.start - before.end for before, after in itertools.pairwise(spans)]
    return max(frames, default=0) * clock.stride / clock.sample_rate


def _misfit(quality: float) -> Iterator[str]:
    if quality < LEAST_QUALITY:
        yield (
            f"the text hardly fits the audio: about {quality:.0%} of it seems to be said; "
            "do not trust these times"
        )


def _missing(words: Sequence[Word]) -> Iterator[str]:
    missing = [word for word in words if word.status == "not_found"]
    if missing:
        names = (f"{word.word!r} at character {word.char_start}" for word in missing)
        yield f"{len(missing)} of {len(words)} words were not found: {_some(names, len(missing))}"


def _too_long(words: Sequence[Word]) -> Iterator[str]:
    long = [
        (word, seconds)
        for word in words
        if (seconds := _seconds(word)) > LONGEST_WORD_SEC * _length(word)
    ]
    if long:
        names = (f"{word.word!r} at {word.start:g} s ({seconds:.1f} s)" for word, seconds in long)
        yield f"words longer than is plausible: {_some(names, len(long))}"


def _too_fast(words: Sequence[Word], segments: Sequence[Segment]) -> Iterator[str]:
    fast = [
        (segment, rate)
        for segment in segments
        if (rate := _rate(words[segment.first_word : segment.end_word])) > HIGHEST_RATE
    ]
    if fast:
        names = (f"{item.start:g} s ({rate:.0f} letters a second)" for item, rate in fast)
        yield f"nobody speaks as fast as the segments at {_some(names, len(fast))}"


def _torn(words: Sequence[Word], gaps_sec: Sequence[float]) -> Iterator[str]:
    torn = [(word, gap) for word, gap in zip(words, gaps_sec, strict=True) if gap > LONGEST_GAP_SEC]
    if torn:
        names = (f"{word.word!r} at {word.start:g} s ({gap:.1f} s)" for word, gap in torn)
        yield f"words with a long gap between their letters: {_some(names, len(torn))}"


def _rate(words: Sequence[Word]) -> float:
    """Letters a second while the aligned ones of them are said; 0 where they are few."""
    said = [word for word in words if word.status == "aligned"]
    letters = sum(map(_letters, said))
    seconds = sum(map(_seconds, said))
    return letters / seconds if letters >= LEAST_LETTERS and seconds > 0 else 0.0


def _length(word: Word) -> float:
    """How many ordinary words it may last as long as: a number is said in several."""
    spoken = 1 if word.reading is None else len(word.reading.split())
    return max(spoken, _letters(word) / LONG_WORD_LETTERS)


def _letters(word: Word) -> int:
    """Of what is said, points and punctuation left out."""
    return sum(map(str.isalpha, word.reading or word.word))


def _seconds(word: Word) -> float:
    if word.status != "aligned" or word.start is None or word.end is None:
        return 0.0
    return word.end - word.start


def _some(names: Iterable[str], count: int) -> str:
    """The first few, and how many more."""
    told = [name for name, _ in zip(names, range(NAMED), strict=False)]
    more = count - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")
