"""Every format that is read is tried."""

import shutil
from pathlib import Path

import numpy as np
import soundfile

from service.audio import HEAD_BYTES, READ_HERE, recognize
from service.diagnosis.decoding import TONES, check_decoding


def test_every_format_has_a_tone() -> None:
    """And is decoded."""
    known = {recognize(path.read_bytes()[:HEAD_BYTES]) for path in TONES.iterdir()}
    assert known == {signature.name for signature in READ_HERE} | {"AAC"}
    found = check_decoding()
    assert found.verdict == "ok"
    assert "mp3" in found.told


def test_what_does_not_decode_is_named(tmp_path: Path) -> None:
    """Broken files, and those that decode to something else; the others are left out."""
    for path in TONES.iterdir():
        shutil.copy(path, tmp_path)
    (tmp_path / "tone.mp3").write_bytes(b"no audio")
    noise = np.random.default_rng(0).normal(0, 0.2, 4000).astype(np.float32)
    soundfile.write(tmp_path / "tone.wav", noise, 16_000)
    soundfile.write(tmp_path / "tone.flac", noise[:1000] * 0, 16_000)
    found = check_decoding(tmp_path)
    assert found.verdict == "broken"
    for expected in ("mp3: expected audio as", "wav: expected 0.25 s of 440 Hz", "flac: expected"):
        assert expected in found.told
    assert "m4a" not in found.told
    assert "requirements.txt" in found.change


def test_an_installation_without_tones_is_broken(tmp_path: Path) -> None:
    """Nothing was tried then."""
    assert check_decoding(tmp_path).verdict == "broken"
