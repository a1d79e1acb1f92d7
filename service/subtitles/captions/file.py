"""SRT and WebVTT: a text in which the times of cues are written anew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from service.subtitles.captions.reader import CaptionFormat, PlacedCue, placed_cues
from service.subtitles.captions.stamps import Stamp, milliseconds_of, restamped
from service.subtitles.cue import Cue, Edit, Times, edited


@dataclass(frozen=True)
class Captions:
    """An SRT or WebVTT file. Raises CorruptSubtitles when its cues are first asked for."""

    text: str
    format: CaptionFormat

    @property
    def cues(self) -> tuple[Cue, ...]:
        """In the order of the file; times to the millisecond."""
        return tuple(item.cue for item in self._placed)

    def retimed(self, times: Sequence[Times]) -> str:
        """The text with new times, in whole milliseconds; the times within a cue's text keep their
        place between its start and its end.
        """
        edits: list[Edit] = []
        for item, new in zip(self._placed, times, strict=True):
            if new is not None:
                edits += self._moved(item, milliseconds_of(new[0]), milliseconds_of(new[1]))
        return edited(self.text, edits)

    def _moved(self, item: PlacedCue, start: int, end: int) -> Iterator[Edit]:
        yield from self._restamped(item.start, start)
        yield from self._restamped(item.end, end)
        before, length = item.start.milliseconds, item.end.milliseconds - item.start.milliseconds
        for stamp in item.inline:
            share = (stamp.milliseconds - before) / length if length > 0 else 0.0
            if (start, end) != (item.start.milliseconds, item.end.milliseconds):
                yield from self._restamped(stamp, round(start + share * (end - start)))

    def _restamped(self, stamp: Stamp, milliseconds: int) -> Iterator[Edit]:
        if milliseconds != stamp.milliseconds:
            old = self.text[stamp.start : stamp.end]
            yield stamp.start, stamp.end, restamped(old, max(0, milliseconds))

    @cached_property
    def _placed(self) -> tuple[PlacedCue, ...]:
        return tuple(placed_cues(self.text, self.format))
