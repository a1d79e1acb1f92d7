"""What all tests share: a seeded tiny bundle, and the clips and models of the repository."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def human_recordings() -> Path:
    """Verses read by a human, where the shared data is at hand."""
    folder = ROOT.parent / "shared/data/audio/he"
    if not folder.is_dir():
        pytest.skip("the shared recordings are not on this machine")
    return folder
