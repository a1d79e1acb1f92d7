"""The sounds that every engine hears: an example clip again and again, in every form."""

from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from service.audio import decode_file
from service.bundle import open_bundle
from service.features import features_of

CLIP: Final = Path(__file__).parents[1] / "examples/he-1.wav"
RATE: Final = 16_000  # Hz, of all models here
MAX_SEC: Final = 60.0


def sound(seconds: int) -> NDArray[np.float32]:
    """float32 [seconds * RATE] in [-1, 1]."""
    clip = decode_file(CLIP, RATE, MAX_SEC).waveform[:]
    return np.resize(clip, seconds * RATE).astype(np.float32)


def file_of(folder: Path, seconds: int) -> Path:
    """A WAV file of 16 bits."""
    path = folder / f"{seconds}.wav"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound(seconds), RATE, subtype="PCM_16")
    return path


def input_of(bundle: Path, folder: Path, seconds: int) -> Path:
    """What a model is fed, features already made: an array in numpy's format.

    float32 [N] samples of wav2vec2, [features, T] frames of a conformer.
    """
    path = folder / f"{seconds}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(path, features_of(open_bundle(bundle).manifest)(sound(seconds)))
    return path
