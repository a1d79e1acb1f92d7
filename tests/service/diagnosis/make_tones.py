"""Makes service/diagnosis/tones: `python tests/service/diagnosis/make_tones.py`, from the root."""

from pathlib import Path

import av
import numpy as np
import soundfile

RATE, SEC, HZ = 16_000, 0.25, 440.0
SNDFILE = {"wav": "WAV", "w64": "W64", "aiff": "AIFF", "caf": "CAF", "au": "AU", "flac": "FLAC"}
FFMPEG = {  # suffix -> muxer, encoder, rate
    "mp3": ("mp3", "libmp3lame", 16_000),
    "opus": ("ogg", "libopus", 48_000),
    "webm": ("webm", "libopus", 48_000),
    "m4a": ("ipod", "aac", 16_000),
    "aac": ("adts", "aac", 16_000),
}


def tone(rate: int) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * HZ * np.arange(int(SEC * rate)) / rate)).astype(np.float32)


def main() -> None:
    folder = Path("service/diagnosis/tones")
    for suffix, container in SNDFILE.items():
        # 8 kHz, as the rate does not matter and the files are kept in the repository
        soundfile.write(folder / f"tone.{suffix}", tone(8_000), 8_000, "PCM_16", format=container)
    soundfile.write(folder / "tone.ogg", tone(16_000), 16_000, "VORBIS", format="OGG")
    for suffix, (muxer, encoder, rate) in FFMPEG.items():
        with av.open(str(folder / f"tone.{suffix}"), "w", muxer) as container:
            stream = container.add_stream(encoder, rate=rate, layout="mono")
            stream.bit_rate = 32_000
            resampler = av.AudioResampler(stream.format, "mono", rate)
            frame = av.AudioFrame.from_ndarray(tone(rate)[np.newaxis], "fltp", "mono")
            frame.sample_rate = rate
            fifo = av.AudioFifo()
            for part in resampler.resample(frame):
                fifo.write(part)
            size = stream.codec_context.frame_size or 1024
            while (block := fifo.read(size, partial=True)) is not None:
                container.mux(stream.encode(block))
            container.mux(stream.encode(None))


if __name__ == "__main__":
    main()
