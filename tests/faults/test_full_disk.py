"""Disks that are full: the temporary folder's, and the one for prepared models."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import LONG_SEC, code, post, speech
from servers import running_server

UPLOAD_SEC = 20  # of WAV: more than stays in memory while it is received


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own with so little room; only root may mount one."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        unmount = ["umount", "--lazy", str(folder)]
        subprocess.run(unmount, check=True)


def test_an_upload_that_the_disk_does_not_hold_is_refused(tmp_path: Path) -> None:
    """503 storage_full with Retry-After while the body comes in; short requests are served."""
    with small_disk(tmp_path / "server/tmp", "256k") as disk:
        with running_server(tmp_path / "server") as server, server.client() as client:
            response = post(client, speech(2 * UPLOAD_SEC))
            assert (response.status_code, code(response)) == (503, "storage_full")
            assert int(response.headers["retry-after"]) > 0
            assert list(disk.iterdir()) == []
            assert post(client, speech(3)).status_code == 200
        assert not server.has_logged_errors()


def test_long_audio_that_the_disk_does_not_hold_is_refused(tmp_path: Path) -> None:
    """503 storage_full where the upload fits and what is decoded of it does not; nothing is left,
    and what comes next is served.
    """
    with small_disk(tmp_path / "server/tmp", "4m") as disk:
        with running_server(tmp_path / "server") as server, server.client() as client:
            response = post(client, speech(LONG_SEC))
            assert (response.status_code, code(response)) == (503, "storage_full")
            assert int(response.headers["retry-after"]) > 0
            assert list(disk.iterdir()) == []
            assert post(client, speech(UPLOAD_SEC)).status_code == 200
        assert not server.has_logged_errors()


def test_a_full_disk_for_prepared_models_costs_nothing_but_speed(tmp_path: Path) -> None:
    """Models are served as they are, the log says why, and nothing half-made is left."""
    with small_disk(tmp_path / "cache", "1m") as disk:
        with (
            running_server(tmp_path / "server", cache_dir=disk) as server,
            server.client() as client,
        ):
            assert post(client, speech(3)).status_code == 200
        assert list(disk.iterdir()) == []
        assert "is served as it is" in server.log.read_text()
