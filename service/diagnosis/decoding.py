"""Every audio format that is read: a tone in each is decoded, by the runtime's own code."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np

from service.audio import decode_file
from service.diagnosis.finding import Finding
from service.errors import KolvaniError

TONES: Final = Path(__file__).with_name("tones")  # made by tests/service/diagnosis/make_tones.py
TONE_HZ: Final = 440.0
TONE_SEC: Final = 0.25
RATE: Final = 16_000  # Hz
MAX_SEC: Final = 10.0
TOLERANCE_HZ: Final = 15.0
TOLERANCE_SEC: Final = 0.15  # that an encoder adds
LEAST_RMS: Final = 0.05


def check_decoding(folder: Path = TONES) -> Finding:
    """All of them, by libsndfile and FFmpeg's libraries: no ffmpeg program is needed."""
    tones = sorted(path for path in folder.glob("tone.*"))
    faults = {path.suffix[1:]: fault for path in tones for fault in _faults(path)}
    fine = [path.suffix[1:] for path in tones if path.suffix[1:] not in faults]
    if faults or not tones:
        told = "; ".join(f"{name}: {fault}" for name, fault in faults.items()) or "no tones"
        change = "install requirements.txt again: soundfile and av bring the libraries that decode"
        return Finding("decoding", "broken", f"not as it should be: {told}", change)
    return Finding("decoding", "ok", f"{', '.join(fine)}, without an ffmpeg program")


def _faults(path: Path) -> Iterator[str]:
    """What is wrong with a tone."""
    try:
        audio = decode_file(path, RATE, MAX_SEC)
    except (KolvaniError, OSError) as error:
        yield str(error)
        return
    with closing(audio):
        waveform = audio.waveform[:]
    heard_hz = float(np.argmax(np.abs(np.fft.rfft(waveform)))) * RATE / len(waveform)
    rms = float(np.sqrt(np.mean(waveform**2)))
    wrong_length = abs(audio.duration_sec - TONE_SEC) > TOLERANCE_SEC
    if wrong_length or abs(heard_hz - TONE_HZ) > TOLERANCE_HZ or rms < LEAST_RMS:
        yield (
            f"expected {TONE_SEC:g} s of {TONE_HZ:g} Hz, got {audio.duration_sec:.2f} s of "
            f"{heard_hz:.0f} Hz at a level of {rms:.2f}"
        )
