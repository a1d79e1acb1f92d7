"""Which stretches of a long recording are worth hearing: those with speech, and what is near it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.audio import Audio
from service.levels import Levels
from service.spans import LEAST_SCORE, FrameClock, Skipped
from service.voice import CHUNK_SEC, voice
from service.windows import Stretch


@dataclass(frozen=True)
class Skipping:
    """What is silence, and how much of it is skipped.

    threshold: the probability from which on a moment is speech. padding_sec: heard before and after
    speech all the same. least_sec: what is left between is skipped from this length on; a shorter
    piece is not worth a seam.
    """

    threshold: float = 0.3
    padding_sec: float = 1.0
    least_sec: float = 1.0


SKIPPING: Final = Skipping()  # docs/decisions/015-silence.md
# What the option `vad` may say.
NO_VAD: Final = "off"
VAD: Final[Mapping[str, Skipping | None]] = {NO_VAD: None, "auto": SKIPPING}


@dataclass(frozen=True)
class Speech:
    """stretches: apart, in order, within the recording's frames. unheard: float32 [V], log domain,
    of a frame outside of them: the blank, and next to nothing else.
    """

    stretches: tuple[Stretch, ...]
    unheard: NDArray[np.float32]

    def skipped(self, frames: int, clock: FrameClock) -> tuple[Skipped, ...]:
        """What is not heard, of so many frames."""
        begins = [0, *(stretch.end for stretch in self.stretches)]
        ends = [*(stretch.begin for stretch in self.stretches), frames]
        return tuple(
            Skipped(clock.seconds(begin), clock.seconds(end) if end < frames else _end(clock))
            for begin, end in zip(begins, ends, strict=True)
            if begin < end
        )


def _end(clock: FrameClock) -> float:
    """The last frame ends before the audio does."""
    return round(clock.duration_sec, 3)


def speech_in(
    audio: Audio,
    loudness: Levels,
    skipping: Skipping,
    frames: int,
    stride: int,
    on_block: Callable[[], None],
) -> tuple[Stretch, ...]:
    """The stretches with speech. loudness: the audio's levels; stride: samples of a frame;
    on_block: as `voice` has it.
    """
    probabilities = voice(audio, loudness, on_block)
    return stretches(probabilities, frames, stride / audio.sample_rate, skipping)


def stretches(
    probabilities: NDArray[np.float32], frames: int, frame_sec: float, skipping: Skipping
) -> tuple[Stretch, ...]:
    """The stretches with speech of so many frames.

    probabilities: float32 [n], of speech in each CHUNK_SEC, in [0, 1].
    """
    spoken = np.concatenate([[False], probabilities >= skipping.threshold, [False]])
    edges = np.flatnonzero(spoken[1:] != spoken[:-1]).reshape(-1, 2) * CHUNK_SEC
    begins = np.floor((edges[:, 0] - skipping.padding_sec) / frame_sec).astype(int).clip(0, frames)
    ends = np.ceil((edges[:, 1] + skipping.padding_sec) / frame_sec).astype(int).clip(0, frames)
    least = max(1, round(skipping.least_sec / frame_sec))
    found: list[Stretch] = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        before = found.pop() if found else Stretch(0, 0)
        if begin - before.end >= least:
            found += [before, Stretch(begin, end)]
        else:
            found.append(Stretch(before.begin, end))
    if found and frames - found[-1].end < least:
        found.append(Stretch(found.pop().begin, frames))
    return tuple(stretch for stretch in found if stretch.begin < stretch.end)


def unheard(width: int, blank_id: int) -> NDArray[np.float32]:
    """float32 [width], log domain: all on the blank, but for what keeps the others finite."""
    row = np.full(width, np.log(LEAST_SCORE), np.float32)
    row[blank_id] = 0.0
    return row
