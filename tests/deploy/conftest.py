"""Each overlay, built once."""

import pytest
from manifests import OVERLAYS, Overlay


@pytest.fixture(scope="session", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> Overlay:
    """One after the other."""
    return Overlay.build(request.param)
