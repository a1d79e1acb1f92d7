"""What all tests share."""

import importlib.util
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# `make test-browser` has an environment of its own.
collect_ignore = [] if importlib.util.find_spec("playwright") else ["browser"]

# A busy machine is no failure: examples have no deadline.
settings.register_profile("kolvani", deadline=None)
settings.load_profile("kolvani")


@pytest.fixture(autouse=True)
def level_of_the_log() -> Iterator[None]:
    """Commands set how much is logged, for their process: here, for one test."""
    logger = logging.getLogger("service")
    before = logger.level
    yield
    logger.setLevel(before)


@pytest.fixture(scope="session", autouse=True)
def prepared_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where they and the servers that they start prepare models: in a folder of the tests'."""
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KOLVANI_CACHE_DIR", str(folder))
        yield folder


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
