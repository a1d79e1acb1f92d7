"""What all tests share."""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# `make test-browser` has an environment of its own.
collect_ignore = [] if importlib.util.find_spec("playwright") else ["browser"]

# A busy machine is no failure: examples have no deadline.
settings.register_profile("kolvani", deadline=None)
settings.load_profile("kolvani")


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
