"""A service that has been busy, and a real Prometheus that watched it; both end with the tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from scraping import (
    MAX_UPLOAD_BYTES,
    Prometheus,
    be_busy,
    models_with_a_broken_one,
    running_prometheus,
)
from servers import Server, running_server


@pytest.fixture(scope="session")
def watched(
    tmp_path_factory: pytest.TempPathFactory, root: Path
) -> Iterator[tuple[Server, Prometheus]]:
    """A service that did a bit of everything, seen by a Prometheus that has the alerts."""
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed: `make test-monitoring` does it")
    folder = tmp_path_factory.mktemp("watched")
    settings = {"workers": 1, "max_queue": 1, "max_upload_bytes": MAX_UPLOAD_BYTES}
    models = models_with_a_broken_one(folder, root)
    with (
        running_server(folder / "server", models_dir=models, **settings) as server,
        running_prometheus(folder / "prometheus", server) as prometheus,
    ):
        prometheus.wait_for_scrapes(2)
        for seed in range(2):  # a rate needs something to rise from
            be_busy(server, root / "examples", seed)
            prometheus.wait_for_scrapes(2)
        yield server, prometheus


@pytest.fixture(scope="session")
def prometheus(watched: tuple[Server, Prometheus]) -> Prometheus:
    return watched[1]


@pytest.fixture(scope="session")
def server(watched: tuple[Server, Prometheus]) -> Server:
    return watched[0]
