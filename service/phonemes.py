"""When each phoneme of an aligned word is said, where a model's tokens are phonemes."""

from collections.abc import Iterator, Sequence

from service.characters import held_targets, turns
from service.spans import Character, FrameClock, TokenSpan, Word
from service.text.lineup import Lineup
from service.text.vocabulary import Vocabulary
from service.text.written import Reading

_Times = tuple[float | None, float | None, float | None]  # start and end in seconds, score
_NEVER: _Times = (None, None, None)


def placed_phonemes(
    lined_up: Lineup,
    words: Sequence[Word],
    spans: Sequence[TokenSpan],
    clock: FrameClock,
    readings: Sequence[Reading],
    vocabulary: Vocabulary,
) -> tuple[Character, ...]:
    """Every phoneme of every word, in order: one a token of the reading that was chosen.

    words: the written ones with their times; spans: one a target of the lineup; readings: one a
    word. A phoneme lasts until the next one of its word begins, the last one until the word's end.
    Its place is that of the first character that it stands for: of a given pronunciation, where
    what is said so begins. The phonemes of a word that was not found are without times; a word that
    the model cannot spell has none.
    """
    phonemes: list[Character] = []
    for word, held, reading in zip(words, held_targets(lined_up), readings, strict=True):
        targets = zip(lined_up.targets[held], spans[held], strict=True)
        heard = [span for target, span in targets if target.places]
        phonemes += _phonemes(word, reading, _times(word, heard, clock), vocabulary)
    return tuple(phonemes)


def _phonemes(
    word: Word, reading: Reading, times: Sequence[_Times], vocabulary: Vocabulary
) -> Iterator[Character]:
    """Those of a word; times: one a phoneme, none if it was not found."""
    said = [target for target in reading.targets if target.places]
    for target, (start, end, score) in zip(said, times or [_NEVER] * len(said), strict=True):
        text = vocabulary.read(target.token)
        place = word.char_start + target.places[0]
        phoneme = text.letters if text else ""
        yield Character(phoneme, start, end, score, word.status, place)


def _times(word: Word, heard: Sequence[TokenSpan], clock: FrameClock) -> list[_Times]:
    """Of each span of a word; none of a word without a time."""
    if word.start is None or word.end is None or not heard:
        return []
    lasting = turns(word.start, word.end, [span.start for span in heard], clock)
    return [(*turn, round(span.score, 4)) for turn, span in zip(lasting, heard, strict=True)]
