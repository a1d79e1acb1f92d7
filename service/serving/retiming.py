"""Subtitles and their recording -> the same subtitles, in time.

bytes -> cues -> script -> dispatch.align -> words -> new times -> bytes
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from service.chunking import Progress
from service.errors import InputError
from service.recognizer import AlignOptions
from service.serving import dispatch
from service.serving.catalogue import Shortlist
from service.serving.dispatch import Answer
from service.serving.recording import Recording
from service.spans import Alignment
from service.subtitles.cue import Cue, Edge
from service.subtitles.reading import Subtitles, read_subtitles
from service.subtitles.timing import CueStatus, Timing, heard_cues, new_times, script_of

HELD_SEC: Final = 0.0015  # files round to a millisecond, or keep one for an interval
# Subtitles leave out speech between cues, and a line is one.
CUES: Final = AlignOptions(gaps="lines", segments="line")


@dataclass(frozen=True)
class RetimedCue:
    """A cue before and after, in seconds. `index`: its place in the file, from 0; `shift`: of its
    start; `score` in [0, 1], None unless it was heard; `held`: the edges that the file could not
    put where they belong.
    """

    index: int
    text: str
    start: float
    end: float
    old_start: float
    old_end: float
    shift: float
    score: float | None
    status: CueStatus
    held: tuple[Edge, ...]


@dataclass(frozen=True)
class Retimed:
    """The file with its new times, and what was heard; `subtitles_sec`: spent on the file."""

    subtitles: Subtitles
    cues: tuple[RetimedCue, ...]
    answer: Answer[Alignment]
    subtitles_sec: float


def retime(
    shortlist: Shortlist,
    recording: Recording,
    content: bytes,
    *,
    tier: str | None = None,
    linger_sec: float = 0.0,
    with_characters: bool = False,
    on_progress: Progress | None = None,
) -> Retimed:
    """Align what the cues say with the recording, and give them the times at which it is said.

    with_characters: of the alignment, in the result's `answer`. `on_progress` as in
    `dispatch.align`. Raises what that and reading the subtitles raise.
    """
    began = time.perf_counter()
    old = read_subtitles(content, tier)
    script = script_of(old.cues)
    read_sec = time.perf_counter() - began
    options = replace(CUES, with_characters=with_characters)
    answer = _align(shortlist, recording, script.text, options, on_progress)
    began = time.perf_counter()
    result = answer.result
    heard = heard_cues(script, result.words, result.segments)
    timings = new_times(old.cues, heard, result.duration_sec, linger_sec)
    new = old.retimed([(timing.start, timing.end) for timing in timings])
    cues = tuple(map(_retimed_cue, range(len(timings)), old.cues, new.cues, timings))
    return Retimed(new, cues, answer, read_sec + time.perf_counter() - began)


def _align(
    shortlist: Shortlist,
    recording: Recording,
    text: str,
    options: AlignOptions,
    on_progress: Progress | None,
) -> Answer[Alignment]:
    try:
        return dispatch.align(shortlist, recording, text, options, on_progress=on_progress)
    except InputError as error:
        if error.param == "transcript":  # the client sent none: its cues are meant
            error.param = "subtitles"
        raise


def _retimed_cue(index: int, old: Cue, new: Cue, timing: Timing) -> RetimedCue:
    return RetimedCue(
        index=index,
        text=old.text,
        start=new.start,
        end=new.end,
        old_start=old.start,
        old_end=old.end,
        shift=round(new.start - old.start, 6),
        score=timing.score,
        status=timing.status,
        held=tuple(_held(new, timing)),
    )


def _held(new: Cue, timing: Timing) -> Iterator[Edge]:
    """The first label of a TextGrid begins with the grid, whenever it is said."""
    if abs(new.start - timing.start) > HELD_SEC:
        yield "start"
    if abs(new.end - timing.end) > HELD_SEC:
        yield "end"
