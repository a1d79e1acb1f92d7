"""When each character of an aligned word is said, from the tokens that speak it."""

import itertools
from collections.abc import Iterator, Sequence

from service.spans import Character, FrameClock, TokenSpan, Word
from service.text.mapping import WrittenText, WrittenWord


def placed_characters(
    written: WrittenText,
    words: Sequence[Word],
    spans: Sequence[TokenSpan],
    clock: FrameClock,
) -> tuple[Character, ...]:
    """Every character of every word, in order; spaces are none.

    words: the written ones with their times; spans: one a target. A token lasts until the next one
    of its word begins, the last one until the word's end; characters that one token speaks share
    its time in equal parts and have its score. What no token speaks, a point or a comma, stands
    at the end of what comes before it, without a score.
    """
    return tuple(
        character
        for item, word in zip(written.words, words, strict=True)
        for character in _of_word(item, word, written, spans, clock)
    )


def _of_word(
    item: WrittenWord,
    word: Word,
    written: WrittenText,
    spans: Sequence[TokenSpan],
    clock: FrameClock,
) -> Iterator[Character]:
    spoken: dict[int, tuple[float, float, float]] = {}
    for place, (start, end, score) in _spoken(item, word, written, spans, clock):
        # One character may be spoken by several tokens: from the first to the last of them.
        first_start, _, least = spoken.get(place, (start, end, score))
        spoken[place] = first_start, end, min(least, score)
    silent_at = word.start
    for place, text in enumerate(item.text, item.char_start):
        if place in spoken:
            start, end, score = spoken[place]
            silent_at = end
            yield Character(text, start, end, score, "aligned", place)
        else:
            yield Character(text, silent_at, silent_at, None, "interpolated", place)


def _spoken(
    item: WrittenWord,
    word: Word,
    written: WrittenText,
    spans: Sequence[TokenSpan],
    clock: FrameClock,
) -> Iterator[tuple[int, tuple[float, float, float]]]:
    """Place -> (start, end, score) of the characters that tokens speak."""
    if item.first is None or item.last is None or word.start is None or word.end is None:
        return
    targets = written.targets[item.first : item.last + 1]
    held = spans[item.first : item.last + 1]
    # A mark that begins a word speaks no character: the first one that does begins where it does.
    voiced = [index for index, target in enumerate(targets) if target.char_end > target.char_start]
    starts = [word.start, *(clock.seconds(held[index].start) for index in voiced[1:])]
    for index, (start, end) in zip(voiced, itertools.pairwise([*starts, word.end]), strict=True):
        first, last = targets[index].char_start, targets[index].char_end
        share = (end - start) / (last - first)
        for place in range(first, last):
            edges = (start + share * (place - first), start + share * (place - first + 1))
            yield place, (round(edges[0], 3), round(edges[1], 3), round(held[index].score, 4))
