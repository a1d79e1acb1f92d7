"""The example clients do what they say, against a running server."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Server, running_server

COMMANDS = {
    "with_curl.sh": "sh",
    "with_httpx.py": sys.executable,
    "with_openai.py": sys.executable,
    "with_fetch.mjs": "node",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


def run(root: Path, name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    program = shutil.which(COMMANDS[name])
    if program is None:
        pytest.skip(f"{COMMANDS[name]} is not on this machine")
    command = [program, str(root / "examples/clients" / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_client_prints_the_words_of_the_recording(
    server: Server, root: Path, name: str
) -> None:
    """Without arguments but the server's address, from any folder."""
    ended = run(root, name, server.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    for word in ("הילד", "האור"):
        assert word in ended.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_each_client_fails_where_the_server_refuses(
    server: Server, root: Path, tmp_path: Path, name: str
) -> None:
    """With a status of its own and words that say why."""
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"%PDF-1.7")
    ended = run(root, name, server.url, str(broken))
    assert ended.returncode != 0
    assert "415" in ended.stderr or "expected audio as" in ended.stderr


def test_every_client_is_run(root: Path) -> None:
    """No example stands untested."""
    assert {path.name for path in (root / "examples/clients").iterdir()} == set(COMMANDS)
