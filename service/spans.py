"""What recognition and alignment return. Frozen; times in seconds are made once, here below.

Spans are half-open frame indices [start, end) until `FrameClock` turns them into seconds.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Status = Literal["aligned", "interpolated", "not_found"]

LEAST_SCORE: Final = 1e-30  # keeps log p finite where float32 had none left


def log_of(score: float) -> float:
    """The natural logarithm of a score in [0, 1]; of 0, that of LEAST_SCORE."""
    return math.log(max(score, LEAST_SCORE))


@dataclass(frozen=True)
class TokenSpan:
    """A token on frames [start, end). `score` is exp(mean log p) over them, in [0, 1]."""

    token: int
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class FrameClock:
    """Frame indices to seconds: frame t starts at t * stride / sample_rate, and no time lies past
    the end of the audio.
    """

    stride: int  # samples
    sample_rate: int  # Hz
    duration_sec: float

    def seconds(self, frame: int) -> float:
        """The start of a frame, rounded to a millisecond, within the audio."""
        return round(min(frame * self.stride / self.sample_rate, self.duration_sec), 3)


@dataclass(frozen=True)
class Word:
    """A word with its time in seconds.

    `score` is exp(mean over its tokens' frames of log p(token)), in [0, 1]: how well the sounds fit
    the letters, not the probability that the word is right. `char_start` and `char_end` place the
    word in the text that it came from. `start`, `end` and `score` are None for `not_found`, and
    `score` for `interpolated`, whose time is the gap that the word stands in. `reading` is how a
    word was said that can be read in several ways, such as a number; None for all others.
    """

    word: str
    start: float | None
    end: float | None
    score: float | None
    status: Status
    char_start: int
    char_end: int
    reading: str | None = None


@dataclass(frozen=True)
class Segment:
    """A line or a sentence of a given text, from its first word's start to its last word's end.

    `score` is that of all its aligned words together; `status` is `aligned` if any of its words is,
    else `interpolated` if any is, else `not_found`. [first_word, end_word) are its words.
    """

    text: str
    start: float | None
    end: float | None
    score: float | None
    status: Status
    char_start: int
    char_end: int
    first_word: int
    end_word: int


@dataclass(frozen=True)
class Unspoken:
    """A run of words of a given text that were not heard."""

    text: str
    char_start: int
    char_end: int


@dataclass(frozen=True)
class Unwritten:
    """Speech that a given text lacks: when, and what a transcription makes of it."""

    start: float  # seconds
    end: float
    text: str


@dataclass(frozen=True)
class Skipped:
    """A part of a recording that no model heard, in seconds: there is no speech in it."""

    start: float
    end: float


@dataclass(frozen=True)
class Character:
    """A character of a given text with its time in seconds, within its word's; of a model of
    phonemes, one of these, `char_start` being the first character that it stands for.

    `score` is that of the token that speaks it, in [0, 1]. A character that the model does not
    speak is `interpolated`, and its score is None: it lasts no time, unless the model speaks
    nothing of its word.
    """

    char: str
    start: float | None
    end: float | None
    score: float | None
    status: Status
    char_start: int


@dataclass(frozen=True)
class HeardToken:
    """A piece of a transcript's text, with the space before it if it has one; `score` is
    exp(mean over its frames of log p(token)), in [0, 1].
    """

    text: str
    score: float


@dataclass(frozen=True)
class Transcript:
    """What was heard. `tokens` are the pieces of `text`, in order: joined, they are the text.

    skipped: what was not listened to, in order; empty unless that was asked for.
    """

    text: str
    certainty: float  # exp(mean log p of the best path's letters), in [0, 1]; 0 for silence
    words: tuple[Word, ...]
    duration_sec: float
    language: str
    model: str
    timings: Mapping[str, float]  # seconds by stage, in the order in which sound flows
    warnings: tuple[str, ...] = ()
    tokens: tuple[HeardToken, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class Alignment:
    """Where a given text was heard; `text` as it was given.

    `score` is that of all aligned tokens together, 0 if there is none; `quality` estimates the
    share of the text that is said where it was placed, in [0, 1] (service/quality.py).
    """

    text: str
    words: tuple[Word, ...]
    # Of the words, without spaces, or their phonemes; None if not asked for.
    characters: tuple[Character, ...] | None
    segments: tuple[Segment, ...]
    unspoken: tuple[Unspoken, ...]  # written, not heard
    unwritten: tuple[Unwritten, ...]  # heard, not written
    score: float
    quality: float
    duration_sec: float
    language: str
    model: str
    timings: Mapping[str, float]  # seconds by stage, in the order in which sound flows
    warnings: tuple[str, ...] = ()
    token_count: int = 0  # tokens that were given a time
