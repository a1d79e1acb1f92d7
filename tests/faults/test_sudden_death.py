"""kill -9 of the service, in the middle of work and of preparing a model, and a new start."""

import contextlib
from pathlib import Path

import httpx
import pytest
from asking import LONG_SEC, connected, message, post, speech, wait_for_work
from servers import running_server


def test_a_killed_service_leaves_nothing_in_the_temporary_folder(tmp_path: Path) -> None:
    """Neither the upload nor what was decoded of it; the next start serves."""
    with (
        running_server(tmp_path / "first", workers=1) as server,
        server.client() as client,
        contextlib.closing(connected(server)) as connection,
    ):
        connection.sendall(message(server.url, speech(10 * LONG_SEC)))
        wait_for_work(client)
        server.process.kill()
        server.process.wait()
    assert list(server.temporary.iterdir()) == []
    with running_server(tmp_path / "second") as server, server.client() as client:
        assert post(client, speech(3)).status_code == 200


def test_a_service_killed_while_it_prepares_models_starts_again(tmp_path: Path) -> None:
    """What it had begun is never used, and the models are prepared anew beside it."""
    cache = tmp_path / "cache"
    with running_server(tmp_path / "first", ready=False, cache_dir=cache) as server:
        while not list(cache.glob(".begun-*")):
            if server.process.poll() is not None:
                pytest.fail(server.log.read_text())
        server.process.kill()
        server.process.wait()
    with (
        running_server(tmp_path / "second", cache_dir=cache) as server,
        server.client() as client,
    ):
        assert post(client, speech(3)).status_code == httpx.codes.OK
    whole = [path for path in cache.iterdir() if not path.name.startswith(".begun-")]
    assert {path.name for folder in whole for path in folder.iterdir()} == {
        "model.onnx",
        "weights.bin",
        "record.json",
    }
    assert len(whole) == 2
