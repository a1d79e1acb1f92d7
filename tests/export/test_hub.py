"""The hub's side of a checkpoint, against a small hub on loopback, in a process of its own."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tiny import Exporter, write_checkpoint
from tiny_nemo import write_nemo

from export.hub import locate, read_licence
from service.bundle import open_bundle, sha256_of

REPOSITORY = "somebody/tiny-hebrew"
COMMITS = {"main": "a" * 40, "v1": "b" * 40}
API = re.compile(r"/api/models/(?P<id>[^/]+/[^/]+)(/revision/(?P<revision>[^/?]+))?")
FILE = re.compile(r"/(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)")


class Hub(ThreadingHTTPServer):
    """Serves folders as commits of one repository; all else is unknown."""

    def __init__(self, folders: dict[str, Path]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folders = folders
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[str] = []


class Handler(BaseHTTPRequestHandler):
    """The three questions that the hub's client asks: of a revision, of a file, for a file."""

    server: Hub

    def do_HEAD(self) -> None:
        """Headers alone."""
        self._answer()

    def do_GET(self) -> None:
        """Headers and content."""
        self._answer()

    def log_message(self, *_: object) -> None:
        """Not on the test's stderr."""

    def _answer(self) -> None:
        self.server.requests.append(self.path)
        match = API.match(self.path) or FILE.match(self.path)
        if not match or match["id"] != REPOSITORY:
            self._send(HTTPStatus.UNAUTHORIZED, b"", {"X-Error-Code": "RepoNotFound"})
            return
        revision = match["revision"] or "main"
        commit = COMMITS.get(revision, revision)
        if commit not in self.server.folders:
            self._send(HTTPStatus.NOT_FOUND, b"", {"X-Error-Code": "RevisionNotFound"})
        elif "name" in match.groupdict():
            self._send_file(commit, match["name"])
        else:
            self._send(HTTPStatus.OK, _information(commit, self.server.folders[commit]), {})

    def _send_file(self, commit: str, name: str) -> None:
        path = self.server.folders[commit] / name
        headers = {"X-Repo-Commit": commit}
        if not path.is_file():
            self._send(HTTPStatus.NOT_FOUND, b"", {**headers, "X-Error-Code": "EntryNotFound"})
            return
        body = path.read_bytes()
        digest = hashlib.sha256(body).hexdigest()
        self._send(HTTPStatus.OK, body, {**headers, "ETag": f'"{digest}"'})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


def _information(commit: str, folder: Path) -> bytes:
    files = [{"rfilename": path.name} for path in sorted(folder.iterdir())]
    return json.dumps({"id": REPOSITORY, "sha": commit, "siblings": files}).encode()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub with two revisions, whose weights differ."""
    folder = tmp_path_factory.mktemp("hub")
    revisions = [(commit, write_checkpoint(folder / commit, seed=ord(commit[0])))
                 for commit in COMMITS.values()]  # fmt: skip
    write_nemo(dict(revisions)[COMMITS["main"]] / "tiny-hebrew.nemo")
    server = Hub(dict(revisions))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run(
    arguments: list[str], cache: Path, endpoint: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """`python -m export` with a cache and a hub of the test's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    hub = {"HF_HOME": str(cache), "HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-m", "export", *arguments]
    return subprocess.run(
        command, env={**kept, **hub, **variables}, capture_output=True, text=True, check=False
    )


def test_a_revision_is_fetched_then_cached(export: Exporter, hub: Hub, tmp_path: Path) -> None:
    """A tag resolves to its commit and its weights, and exports again without the network."""
    arguments = export.arguments(REPOSITORY, "--revision", "v1")
    first = run(arguments, tmp_path / "cache", hub.url)
    assert first.returncode == 0, first.stderr
    bundle = open_bundle(export.models / "tiny-hebrew")
    assert bundle.manifest.source == {
        "checkpoint": REPOSITORY,
        "revision": COMMITS["v1"],
        "weights_sha256": sha256_of(hub.folders[COMMITS["v1"]] / "model.safetensors"),
    }
    asked = len(hub.requests)
    again = run(arguments, tmp_path / "cache", hub.url, HF_HUB_OFFLINE="1")
    assert again.returncode == 0, again.stderr
    assert len(hub.requests) == asked


@pytest.mark.parametrize(
    ("checkpoint", "more", "expected"),
    [
        ("nobody/nothing", [], "a public hub repository, got the hub's answer 401"),
        (REPOSITORY, ["--revision", "v9"], "a branch, tag or commit, got no revision v9"),
        ("some/where/else", [], "a folder, or a hub id like name/model, got neither"),
    ],
)
def test_the_hub_s_refusal_is_told_in_one_line(
    checkpoint: str, more: list[str], expected: str, export: Exporter, hub: Hub, tmp_path: Path
) -> None:
    """An unknown repository, revision or path: status 1, one error line, nothing written."""
    result = run(export.arguments(checkpoint, *more), tmp_path / "cache", hub.url)
    *progress, line = result.stderr.strip().splitlines()
    assert (result.returncode, len(progress)) == (1, 1), result.stderr
    assert line.startswith(f"error: {checkpoint}: expected")
    assert expected in line
    assert export.left_behind == []


def test_nemo_takes_the_hubs_names_too(export: Exporter, hub: Hub, tmp_path: Path) -> None:
    """`owner/model` is fetched as NeMo's from_pretrained does, and kept in the hub's cache."""
    arguments = export.of("nemo", (1_600, 16_000)).arguments(REPOSITORY)
    done = run(arguments, tmp_path / "cache", hub.url)
    assert done.returncode == 0, done.stderr
    manifest = open_bundle(export.models / "tiny-hebrew").manifest
    assert (manifest.family, manifest.source["checkpoint"]) == ("nemo-conformer", REPOSITORY)


@pytest.mark.parametrize(
    ("checkpoint", "told"),
    [
        ("nobody/nothing", "expected a .nemo file, or a model that NeMo's from_pretrained knows"),
        ("some/where/else", "expected a .nemo file, or a model that NeMo's from_pretrained knows"),
    ],
)
def test_what_nemo_does_not_find_is_told_in_one_line(
    checkpoint: str, told: str, export: Exporter, hub: Hub, tmp_path: Path
) -> None:
    """The same shape of error as for the other family."""
    arguments = export.of("nemo", (1_600, 16_000)).arguments(checkpoint)
    result = run(arguments, tmp_path / "cache", hub.url)
    assert result.returncode == 1, result.stderr
    line = result.stderr.strip().splitlines()[-1]
    assert line.startswith(f"error: {checkpoint}: {told}")
    assert export.left_behind == []


@pytest.mark.parametrize("offline", ["0", "1"])
def test_no_network_and_nothing_cached_is_told_in_one_line(
    offline: str, export: Exporter, tmp_path: Path
) -> None:
    """Nobody listens, or nobody may be asked: the same clear line."""
    nobody = "http://127.0.0.1:9"
    result = run(export.arguments(REPOSITORY), tmp_path, nobody, HF_HUB_OFFLINE=offline)
    *progress, line = result.stderr.strip().splitlines()
    assert (result.returncode, len(progress)) == (1, 1), result.stderr
    assert line == (
        f"error: {REPOSITORY}: expected the hub, or a cached copy at its main branch, got neither"
    )
    assert export.left_behind == []


def test_a_folder_goes_before_a_hub_id(tmp_path: Path) -> None:
    """A folder that exists is taken as it is, and named by its last part alone."""
    folder = write_checkpoint(tmp_path / "tiny")
    source = locate(str(folder), None)
    assert (source.checkpoint, source.revision, source.folder) == ("tiny", "local", folder)


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: mit\n---\n", "mit"),
        ("---\nlicense: [mit]\n---\n", None),
        ("---\nlanguage: he\n---\n", None),
        ("---\n: : :\n---\n", None),
        ("---\n- a list\n---\n", None),
        ("# No header\n", None),
    ],
)
def test_only_a_plain_licence_is_taken_from_a_card(
    card: str, licence: str | None, tmp_path: Path
) -> None:
    """A header that is absent, broken or says something else gives none."""
    (tmp_path / "README.md").write_text(card, encoding="utf-8")
    assert read_licence(tmp_path) == licence
