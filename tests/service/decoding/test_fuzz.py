"""Damaged files of every format; `python -m bench.fuzz_audio` tries many more."""

from pathlib import Path

from bench.fuzz_audio import Findings, fuzz
from service.decoding.decoders import Decoders

INPUTS = 500
SEED = 7


def test_damaged_files_get_sound_or_blame(decoders: Decoders) -> None:
    """No decoder ends of them, no descriptor stays, and both outcomes are common."""
    found = Findings()
    done = fuzz(decoders, range(INPUTS), SEED, found)
    next(done)
    before = sorted(path.name for path in Path("/proc/self/fd").iterdir())
    for _ in done:
        pass
    assert found.bad == []
    assert not any(decoders.restarts.values())
    assert sorted(path.name for path in Path("/proc/self/fd").iterdir()) == before
    assert found.outcomes["sound"] > INPUTS / 10
    assert found.outcomes["corrupt_audio"] > INPUTS / 10
