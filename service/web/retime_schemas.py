"""Corrected subtitles on the wire. Field descriptions are what /docs shows."""

from collections.abc import Mapping

from pydantic import BaseModel, Field

from service.formats.table import FORMATS
from service.serving.retiming import Retimed
from service.subtitles.captions.reader import MARK
from service.subtitles.cue import Edge
from service.subtitles.reading import Format
from service.subtitles.timing import CueStatus
from service.web.rendering import Part
from service.web.schemas import NO_STAGES, Score, ServedAnswer, served


class CueAnswer(BaseModel):
    """A cue before and after."""

    index: int = Field(ge=0, description="Its place in the file, from 0.")
    text: str = Field(description="As written, tags included.")
    start: float = Field(description="Seconds from the start of the audio; so are the others.")
    end: float
    old_start: float
    old_end: float
    shift: float = Field(description="start - old_start, in seconds.")
    score: Score | None
    status: CueStatus = Field(
        description="`retimed`: it was heard. `moved`: nothing is said in it, or less than half of "
        "its words were found; it went with its neighbours, and its score is null. `kept`: no cue "
        "was heard."
    )
    held: list[Edge] = Field(
        description="The edges that stand elsewhere than the cue is said, because the intervals of "
        "a TextGrid touch and none is added: the start of a label at the grid's beginning, the end "
        "of one at its end, the end of one that another label follows at once. Empty otherwise."
    )


class RetimeAnswer(ServedAnswer):
    """The corrected subtitles, and what was done to each cue."""

    format: Format
    encoding: str = Field(description="Of the file that came: utf-8, utf-16-le, windows-1255 ...")
    tier: str | None = Field(description="Of a TextGrid: the tier whose labels were aligned.")
    subtitles: str = Field(description="The file, corrected, without a byte order mark.")
    cues: list[CueAnswer]


def retime_answer(retimed: Retimed, before: Mapping[str, float] = NO_STAGES) -> RetimeAnswer:
    """Corrected subtitles on the wire; `before`: seconds of the stages before."""
    subtitles = retimed.subtitles
    return RetimeAnswer(
        **served(retimed.answer, {**before, "subtitles": retimed.subtitles_sec}),
        format=subtitles.format,
        encoding=subtitles.encoding,
        tier=subtitles.tier,
        subtitles=subtitles.text.removeprefix(MARK),
        cues=[CueAnswer.model_validate(cue, from_attributes=True) for cue in retimed.cues],
    )


def corrected_file(retimed: Retimed) -> Part:
    """The file, with its charset; UTF-16 has a mark that tells its order."""
    subtitles = retimed.subtitles
    charset = "utf-16" if subtitles.encoding.startswith("utf-16") else subtitles.encoding
    form = FORMATS[subtitles.format]
    suffix = f".retimed{form.suffix}"
    return Part(subtitles.content, f"{form.media_type}; charset={charset}", suffix)
