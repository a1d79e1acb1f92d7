"""An alignment as clients of ElevenLabs' API read it: a number for every time and every loss."""

import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from fastapi import Request
from pydantic import BaseModel, Field

from service.recognizer import AlignOptions
from service.serving.dispatch import Answer
from service.spans import Alignment, Character, Status, Word
from service.web.form_fields import text_of
from service.web.schemas import Seconds
from service.web.uploads import (
    audio_of,
    limit_of,
    options_of,
    read_form,
    transcript_of,
)

LEAST_SCORE: Final = 1e-30
MOST_LOSS: Final = round(-math.log(LEAST_SCORE), 4)
TEXT_FIELDS: Final = ("text", "transcript")

_LOSS: Final = (
    "-log of the score of /align: the mean of -log p over the frames of its tokens, from 0 (a "
    f"perfect fit) to {MOST_LOSS}."
)
_STATUS: Final = "As in /align. Not in ElevenLabs' answers."


class AlignedCharacter(BaseModel):
    """A character of the text, spaces too."""

    text: str
    start: Seconds
    end: Seconds


class AlignedWord(BaseModel):
    """A word of the text, as /align divides it."""

    text: str
    start: Seconds
    end: Seconds
    loss: float = Field(
        ge=0,
        le=MOST_LOSS,
        description=f"{_LOSS} That is the loss of a word that was not found; one that no sound can "
        "be told of (`interpolated`) has the loss of the whole.",
    )
    status: Status = Field(
        description=f"{_STATUS} A word that is `not_found` lasts no time, at the end of the word "
        "before it."
    )


class ForcedAlignment(BaseModel):
    """When each character and each word is said."""

    characters: list[AlignedCharacter] = Field(
        description="Of the whole text, in order. White space lasts until the word after it "
        "begins, if that has a time."
    )
    words: list[AlignedWord]
    loss: float = Field(ge=0, le=MOST_LOSS, description=f"Of all that is aligned. {_LOSS}")
    quality: float = Field(ge=0, le=1, description=_STATUS)
    model: str = Field(description=_STATUS)
    warnings: list[str] = Field(description=_STATUS)


@dataclass(frozen=True)
class AlignmentForm:
    """The fields of a request, checked but for what only a model can know."""

    audio: BinaryIO
    model: str | None
    language: str | None
    max_audio_sec: float
    text: str
    options: AlignOptions


@asynccontextmanager
async def alignment_form(
    request: Request, *, max_bytes: int, max_audio_sec: float
) -> AsyncIterator[AlignmentForm]:
    """The fields of ElevenLabs' form and some of /align's; its files are gone when the context
    ends. Raises UploadTooLarge, MissingField, InvalidField or EmptyTranscript.
    """
    form = await read_form(request, max_bytes, TEXT_FIELDS[0])
    try:
        yield AlignmentForm(
            audio=audio_of(form, ("file", "audio")),
            model=text_of(form, "model"),
            language=text_of(form, "language"),
            max_audio_sec=limit_of(form, max_audio_sec),
            text=await transcript_of(form, TEXT_FIELDS),
            options=replace(options_of(form), with_characters=True),
        )
    finally:
        await form.close()


def forced_alignment(answer: Answer[Alignment]) -> ForcedAlignment:
    """An alignment with characters on the wire."""
    result = answer.result
    loss = loss_of(result.score)
    unheard = [word.char_start for word in result.words if word.status == "not_found"]
    warnings = list(result.warnings)
    if unheard:
        warnings.append(
            f"{len(unheard)} of {len(result.words)} words were not found in the audio: they last "
            "no time"
        )
    return ForcedAlignment(
        characters=list(_characters(result.text, result.characters or ())),
        words=list(_words(result.words, loss)),
        loss=loss,
        quality=result.quality,
        model=result.model,
        warnings=warnings,
    )


def loss_of(score: float) -> float:
    """-log(score), in [0, MOST_LOSS]."""
    return round(-math.log(min(1.0, max(score, LEAST_SCORE))), 4) + 0.0


def _words(words: tuple[Word, ...], whole_loss: float) -> Iterator[AlignedWord]:
    place = 0.0  # the end of the last word that has one
    for word in words:
        start, end = (place, place) if word.start is None else (word.start, word.end or word.start)
        place = end
        if word.status == "not_found":
            loss = MOST_LOSS
        else:
            loss = whole_loss if word.score is None else loss_of(word.score)
        yield AlignedWord(text=word.word, start=start, end=end, loss=loss, status=word.status)


def _characters(text: str, timed: tuple[Character, ...]) -> Iterator[AlignedCharacter]:
    """Every character of the text: those of words at their times, white space in between."""
    known = {
        item.char_start: (item.start, item.end)
        for item in timed
        if item.start is not None and item.end is not None
    }
    place = 0.0
    for index, (character, next_start) in enumerate(
        zip(text, _next_starts(text, known), strict=True)
    ):
        begin = place if next_start is None else next_start
        start, place = known.get(index, (place, begin if character.isspace() else place))
        yield AlignedCharacter(text=character, start=start, end=place)


def _next_starts(text: str, known: dict[int, tuple[float, float]]) -> list[float | None]:
    """Where the next character begins that is no white space, from each on; None for untimed."""
    starts: list[float | None] = []
    after = None
    for index, character in reversed(list(enumerate(text))):
        if not character.isspace():
            after = known[index][0] if index in known else None
        starts.append(after)
    return starts[::-1]
