"""Audio of any length to one matrix of log-probabilities, in memory that grows with that alone.

    samples -> statistics of the whole -> windows with context -> log-probabilities, trimmed

What fits one window is heard at once, as the checkpoint would hear it. Longer audio is heard in
windows that begin on a frame (service/windows.py). Each holds what is kept of it and the samples on
both sides, under the whole recording's mean and deviation, so that little depends on where the
windows lie. Two things do: attention reaches as far as its window does, and int8 activations are
scaled by the largest of their window. Of a transcript's audio, stretches without speech may be left
out (service/speech.py). A wav2vec2 model with feat_extract_norm="group" also normalises its first
layer over the window, and depends on its length the more; the larger checkpoints, with layer norm,
do not.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.acoustic import AcousticModel
from service.audio import Audio
from service.crew import Crew, Team
from service.ctc import log_softmax
from service.features import Features, Parts
from service.framing import Framing
from service.speech import Speech
from service.stages import Stages
from service.windows import WINDOWING, Window, Windowing, windows, windows_over

Progress = Callable[[float], None]  # gets the seconds that are done; may raise, to stop
OnHeard = Callable[[NDArray[np.float32]], None]  # gets the next frames, log domain; may raise, too


@dataclass(frozen=True)
class Emitter:
    """A model, what makes its input of samples, and how samples become its frames."""

    model: AcousticModel
    features: Features
    framing: Framing
    windowing: Windowing = WINDOWING
    crew: Crew | None = None  # None: one window at a time, on the model's own threads

    def frame_count(self, samples: int) -> int:
        """Frames of that many samples, after padding where they are too few for one."""
        return self.framing.frame_count(max(samples, self.framing.min_samples))

    def at_once(self, audio: Audio) -> bool:
        """Whether the audio fits one window."""
        kept, context = self.windowing.frames(self.framing, audio.sample_rate)
        return self.frame_count(len(audio.waveform)) <= kept + 2 * context

    def log_probs(
        self,
        audio: Audio,
        stages: Stages | None = None,
        on_progress: Progress | None = None,
        on_heard: OnHeard | None = None,
        speech: Speech | None = None,
    ) -> NDArray[np.float32]:
        """Log-probabilities of every frame of the audio: float32 [T, V], T its `frame_count`.

        `stages` gets the seconds of `features` and `inference`. After every window `on_heard` is
        called with what has come since the last one, float32 [n, V], and then `on_progress` with
        the seconds of audio that are done. speech: what alone is to be heard; None: everything.
        Raises InferenceError, and what these two raise: that is how to stop.
        """
        stages = stages or Stages()
        tell, show = on_progress or _tell_nobody, on_heard or _show_nobody
        if speech is None and self.at_once(audio):
            with self._team(1) as team:
                with stages.time("features"):
                    model_input = self.features(audio.waveform[:])
                (whole,) = self._heard(team, [model_input], stages)
            show(whole)
        else:
            whole = self._windowed(audio, speech, stages, (tell, show))
        tell(audio.duration_sec)
        return whole

    def _windowed(
        self,
        audio: Audio,
        speech: Speech | None,
        stages: Stages,
        listeners: tuple[Progress, OnHeard],
    ) -> NDArray[np.float32]:
        """All windows, each written where it belongs as soon as it is heard."""
        tell, show = listeners
        with stages.time("features"):
            parts = self.features.parts(audio.waveform)
        frames = self.frame_count(len(audio.waveform))
        whole = np.tile(speech.unheard, (frames, 1)) if speech else np.empty((0, 0), np.float32)
        shown = 0
        for window, log_probs in self._each(list(self._plan(audio, speech)), parts, stages):
            if not len(whole):  # the first of them tells how wide
                whole = np.empty((frames, log_probs.shape[1]), np.float32)
            whole[window.begin : window.end] = log_probs[window.kept]
            show(whole[shown : window.end])
            shown = window.end
            if shown < frames:
                tell(shown * self.framing.stride / audio.sample_rate)
        if shown < frames:
            show(whole[shown:])
        return whole

    def _plan(self, audio: Audio, speech: Speech | None) -> Iterator[Window]:
        kept, context = self.windowing.frames(self.framing, audio.sample_rate)
        if speech is None:
            return windows(self.frame_count(len(audio.waveform)), kept, context)
        return windows_over(speech.stretches, kept, context)

    def _each(
        self, windows: list[Window], parts: Parts, stages: Stages
    ) -> Iterator[tuple[Window, NDArray[np.float32]]]:
        """The windows in their order, each with what is heard in it; several at a time are heard
        where cores are idle.
        """
        done = 0
        while done < len(windows):
            with self._team(len(windows) - done) as team:
                heard = windows[done : done + team.windows]
                with stages.time("features"):
                    spans = [self.framing.input_span(one.first, one.last) for one in heard]
                    inputs = [parts(*span) for span in spans]
                log_probs = self._heard(team, inputs, stages)
            yield from zip(heard, log_probs, strict=True)
            done += len(heard)

    def _heard(
        self, team: Team, inputs: list[NDArray[np.float32]], stages: Stages
    ) -> list[NDArray[np.float32]]:
        with stages.time("inference"):
            return [log_softmax(logits) for logits in team.logits(inputs)]

    def _team(self, windows: int) -> AbstractContextManager[Team]:
        if self.crew is None:
            return nullcontext(Team(self.model))
        return self.crew.team(self.model, windows)


def _tell_nobody(_: float) -> None:
    """Nobody waits for news of it."""


def _show_nobody(_: NDArray[np.float32]) -> None:
    """Nobody listens along."""
