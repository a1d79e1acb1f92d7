"""Words, and what else has a time, on the wire. Field descriptions are what /docs shows."""

from typing import Annotated

from pydantic import BaseModel, Field

from service.spans import Status

Score = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        description="exp(mean over the tokens' frames of log p(token)), in [0, 1]: how well the "
        "sound fits the letters. Not the probability that a word is right.",
    ),
]
Seconds = Annotated[float, Field(ge=0, description="Seconds from the start of the audio.")]


class WordAnswer(BaseModel):
    """A word with its time."""

    word: str = Field(description="As written in the text, with its punctuation.")
    start: Seconds | None = Field(
        description="Seconds from the start of the audio to its first letter; null if `not_found`."
    )
    end: Seconds | None = Field(
        description="The same to where its sound falls quiet, or the next word begins."
    )
    score: Score | None
    status: Status = Field(
        description="`aligned`: it has times and a score. `interpolated`: the model cannot spell "
        "it (an emoji, a foreign word) or nothing of it is said (a dash): its time is the speech "
        "found in its place, or else the gap that it stands in, and its score is null. "
        "`not_found`: it was not heard, and has neither."
    )
    char_start: int = Field(ge=0, description="Place of the word's first character in the text.")
    char_end: int = Field(ge=0, description="Place after its last character.")


class PlacedWordAnswer(WordAnswer):
    """A word of the given text."""

    reading: str | None = Field(
        description="How it was said, for a number and for any word that can be read in several "
        "ways: the reading that fits the sound best. null for all others."
    )


class SegmentAnswer(BaseModel):
    """A sentence or a line of the given text."""

    text: str
    start: Seconds | None
    end: Seconds | None
    score: Score | None
    status: Status = Field(
        description="`aligned` if any of its words is; else `interpolated` if any is."
    )
    char_start: int = Field(ge=0)
    char_end: int = Field(ge=0)
    first_word: int = Field(ge=0, description="Of `words`, from 0.")
    end_word: int = Field(ge=0, description="After its last word.")


class UnspokenAnswer(BaseModel):
    """Words that were written and not heard: a run of words with the status `not_found`."""

    text: str
    char_start: int = Field(ge=0)
    char_end: int = Field(ge=0)


class UnwrittenAnswer(BaseModel):
    """Speech that the text lacks, and what the model makes of it."""

    start: Seconds
    end: Seconds
    text: str


class SkippedAnswer(BaseModel):
    """A part of the recording that was not heard: nobody speaks there."""

    start: Seconds
    end: Seconds


class CharacterAnswer(BaseModel):
    """A character with its time, within that of its word; of a model of phonemes, a phoneme."""

    char: str = Field(
        description="As written in the text; a phoneme as the model's vocabulary has it."
    )
    start: Seconds | None
    end: Seconds | None
    score: Score | None
    status: Status = Field(
        description="`interpolated` where the model does not speak it, such as a point or a comma: "
        "its score is null then, and it lasts no time, unless that holds for all of its word; "
        "otherwise that of its word."
    )
    char_start: int = Field(
        ge=0,
        description="Its place in the text; of a phoneme that of the first character that it "
        "stands for, which is the beginning of a word that is said as `pronunciations` has it.",
    )
