"""Nothing that a client sends names a file, and nothing of it stays on disk."""

import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
from servers import ROOT, Server, running_server

AUDIO = (ROOT / "examples/he-1.wav").read_bytes()
TEXT = (ROOT / "examples/he-1.txt").read_bytes()
BESIDE = "kolvani-beside.txt"
NAMES = (
    f"../{BESIDE}",
    f"/tmp/{BESIDE}",  # noqa: S108  # what a client might try
    f"..\\..\\{BESIDE}",
    "he-1.wav\x00.txt",
    "/etc/passwd",
    "con",
    "a" * 5000,
    "file:///etc/passwd",
    "https://127.0.0.1/x.wav",
)
LARGE_BYTES = 3 << 20  # more than stays in memory
PATIENCE_SEC = 30.0
POLL_SEC = 0.02

Found = TypeVar("Found")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    (folder / BESIDE).write_text("not to be read or written")
    with running_server(folder / "run") as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def everything_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.name != "server.log"}


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_of_files_are_never_paths(server: Server, client: httpx.Client, name: str) -> None:
    """A file's name, with folders or without: the answer is the same, its own name is harmless, and
    no file appears or is read.
    """
    folder = server.temporary.parents[1]
    before = everything_below(folder)
    files = {"audio": (name, AUDIO), "transcript": (name, TEXT)}
    answer = client.post("/align", files=files, data={"formats": "srt,txt"})
    assert answer.status_code in {200, 400}, answer.text
    given = answer.headers.get("content-disposition", "")
    assert not any(part in given for part in ("/", "\\", "..", "\x00"))
    assert everything_below(folder) == before


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..", ".", "he-demo/../x", "%2e"]
)
@pytest.mark.parametrize("field", ["model", "language"])
def test_models_and_languages_are_names_of_a_table(
    client: httpx.Client, field: str, name: str
) -> None:
    """Whatever else is asked for is unknown, also in a path."""
    answer = client.post("/transcribe", files={"audio": AUDIO}, data={field: name})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, f"unknown_{field}")
    assert client.get(f"/models/{name.replace('/', '%2F')}").status_code in {200, 404}


@pytest.mark.parametrize(
    "target",
    [
        "/ui/../app.py",
        "/ui/%2e%2e/%2e%2e/app.py",
        "/ui/..%2f..%2f..%2fetc/passwd",
        "/ui//etc/passwd",
        "/ui/%2fetc%2fpasswd",
        "/ui/js/..\\..\\..\\app.py",
        "/ui/examples/..%2f..%2fREADME.md",
        "/ui/examples/%2fetc%2fpasswd",
        "/ui/index.html%00.png",
        "/docs/../service/app.py",
        "/models/..%2f..%2fREADME.md",
    ],
)
def test_no_path_leaves_the_page(server: Server, target: str) -> None:
    """As it is sent: clients put such paths in order before they send them."""
    place = urlsplit(server.url)
    with closing(socket.create_connection((place.hostname, place.port))) as connection:
        connection.settimeout(PATIENCE_SEC)
        connection.sendall(
            f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
        )
        answer = b""
        while block := connection.recv(1 << 16):
            answer += block
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400")), answer[:200]
    assert b"create_app" not in answer
    assert b"root:" not in answer


def test_uploads_are_private_and_have_no_name(server: Server) -> None:
    """While a large one is coming, the folder is empty, and the open file is its owner's alone;
    when the client goes, so does the file.
    """
    head = (
        b"POST /align HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        b'--b\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'
    )
    place = urlsplit(server.url)
    with closing(socket.create_connection((place.hostname, place.port))) as connection:
        connection.sendall(head + b"x" * LARGE_BYTES)
        files = wait_for(lambda: open_files(server))
        assert all(stat.S_IMODE(file.stat().st_mode) & 0o077 == 0 for file in files)
        assert list(server.temporary.iterdir()) == []
    wait_for(lambda: not open_files(server))


def open_files(server: Server) -> list[Path]:
    """The server's descriptors of files in its temporary folder, named or not."""
    found = []
    for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except FileNotFoundError:  # closed meanwhile
            continue
        if target.startswith(str(server.temporary)):
            found.append(link)
    return found


def wait_for(ask: Callable[[], Found]) -> Found:
    """What it says once it says anything."""
    deadline = time.monotonic() + PATIENCE_SEC
    while not (found := ask()):
        assert time.monotonic() < deadline
        time.sleep(POLL_SEC)
    return found
