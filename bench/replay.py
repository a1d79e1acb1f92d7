"""A model that only remembers, and files to send: what then is left of a request is the rest."""

import io
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

import av
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from service.acoustic import AcousticModel

KEY_POINTS: Final = 64  # values of a model's input that tell it from others
COMPRESSED: Final = {"mp3": ("mp3", "libmp3lame"), "m4a": ("ipod", "aac")}  # muxer, encoder
COMPRESSED_RATE: Final = 44_100  # Hz
BIT_RATE: Final = 128_000


@dataclass(frozen=True)
class Replay:
    """Answers with what a model said to the same input before, at once; asks it the first time."""

    model: AcousticModel
    said: dict[tuple[tuple[int, ...], bytes], NDArray[np.float32]] = field(default_factory=dict)

    def logits(self, model_input: NDArray[np.float32]) -> NDArray[np.float32]:
        """As AcousticModel has it."""
        step = max(1, model_input.shape[-1] // KEY_POINTS)
        key = model_input.shape, model_input[..., ::step].tobytes()
        if key not in self.said:
            self.said[key] = self.model.logits(model_input)
        return self.said[key]


def encoded(waveform: NDArray[np.float32], rate: int, suffix: str) -> bytes:
    """A file: `wav` in 16 bits at its own rate, or `mp3` or `m4a` in stereo at 44.1 kHz.

    waveform: float32 [N], mono, at `rate` Hz.
    """
    buffer = io.BytesIO()
    if suffix == "wav":
        soundfile.write(buffer, waveform, rate, format="WAV", subtype="PCM_16")
        return buffer.getvalue()
    muxer, encoder = COMPRESSED[suffix]
    sound = np.tile(soxr.resample(waveform, rate, COMPRESSED_RATE), (2, 1))
    with av.open(buffer, "w", muxer) as container:
        stream = container.add_stream(encoder, rate=COMPRESSED_RATE, layout="stereo")
        if not isinstance(stream, av.AudioStream):
            raise TypeError(f"expected an encoder of sound, got {encoder}")
        stream.bit_rate = BIT_RATE
        frame = av.AudioFrame.from_ndarray(sound, "fltp", "stereo")
        frame.sample_rate, frame.time_base = COMPRESSED_RATE, Fraction(1, COMPRESSED_RATE)
        fifo = av.AudioFifo()
        fifo.write(frame)
        size = stream.codec_context.frame_size
        while piece := fifo.read(size) or fifo.read(size, partial=True):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return buffer.getvalue()
