"""What the gates listen to."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recipes import CONFORMER

from export.errors import UnreadableProbe
from export.probes import default_lengths, make_probes, read_recording, speech_like
from service.framing import Convolutions, Subsampling
from service.recipes import Edges

WAV2VEC2 = Convolutions(((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2)))


def test_default_lengths_reach_from_one_frame_to_the_longest() -> None:
    """The lengths at which the frame count steps, and 1, 10, 60 seconds and the longest."""
    assert default_lengths(WAV2VEC2, 16000, shortest_sec=0.025, longest_sec=300)[-2:] == (
        960000,
        4800000,
    )
    lengths = default_lengths(WAV2VEC2, 16000, shortest_sec=0.025, longest_sec=60)
    assert lengths == (400, 401, 719, 720, 1039, 16000, 160000, 960000)
    assert [WAV2VEC2.frame_count(length) for length in lengths[:5]] == [1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("edges", "expected"),
    [("zeros", (160, 161, 799, 800, 1439)), ("reflect", (160, 257, 258, 639, 640, 1279))],
)
def test_a_conformers_lengths_stand_where_its_count_steps(
    edges: Edges, expected: tuple[int, ...]
) -> None:
    """10 ms first, in both dialects, although one of them pads it to a frame."""
    framing = Subsampling(replace(CONFORMER, edges=edges), 4)
    lengths = default_lengths(framing, 16000, shortest_sec=0.01, longest_sec=300)
    assert lengths[: len(expected)] == expected
    assert lengths[len(expected) :] == (16000, 160000, 960000, 4800000)


def test_the_synthetic_signal_is_reproducible_and_in_range() -> None:
    """The same seed gives the same samples, and a shorter signal begins a longer one."""
    signal = speech_like(20000, 16000)
    assert signal.dtype == np.float32
    assert 0.1 < np.abs(signal).max() <= 0.5
    assert np.array_equal(signal[:700], speech_like(700, 16000))
    assert not np.array_equal(signal[:700], speech_like(700, 16000, seed=1))


def test_recordings_are_mixed_down_and_resampled(tmp_path: Path) -> None:
    """Two channels at 8 kHz become one at the model's rate, at most a minute of it."""
    stereo = np.random.default_rng(0).uniform(-0.5, 0.5, size=(8000 * 61, 2))
    soundfile.write(tmp_path / "clip.wav", stereo, 8000)
    waveform = read_recording(tmp_path / "clip.wav", 16000)
    assert (waveform.dtype, waveform.shape) == (np.float32, (960000,))
    probes = make_probes([400], [tmp_path / "clip.wav"], 16000)
    assert [(probe.name, probe.recorded) for probe in probes] == [
        ("synthetic 400", False),
        ("clip.wav", True),
    ]


@pytest.mark.parametrize("content", [b"no audio", None])
def test_an_unreadable_recording_is_named(content: bytes | None, tmp_path: Path) -> None:
    """A file that is missing or no audio is an error with its path."""
    path = tmp_path / "clip.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableProbe, match=r"clip\.wav: expected an audio file"):
        read_recording(path, 16000)
