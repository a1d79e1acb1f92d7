"""The page's files over HTTP: their types, their headers, and what can not be reached."""

import base64
import hashlib
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from servers import Server, running_server

from service.web.clips import find_clips
from service.web.page import DOCS_PAGE, HEADERS, STATIC_DIR, WAVESURFER_STYLE

FILES = [path.relative_to(STATIC_DIR).as_posix() for path in STATIC_DIR.rglob("*.*")]
OWN = [DOCS_PAGE, *(STATIC_DIR / name for name in FILES if not name.startswith("vendor/"))]
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
VENDORED = [
    STATIC_DIR / "vendor/wavesurfer",
    STATIC_DIR / "vendor/swagger-ui",
    Path("tests/browser/vendor/axe-core"),
]
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
# What reaches for the folder above, in the ways that servers have fallen for.
OUTSIDE = [
    "../page.py",
    "..%2fpage.py",
    "%2e%2e/page.py",
    "%2e%2e%2fpage.py",
    "....//page.py",
    "..%5cpage.py",
    "js/../../page.py",
    "js/%2e%2e/%2e%2e/page.py",
    "%2fetc/passwd",
    "/etc/passwd",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server"), load="first_use") as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.mark.parametrize("path", ["/ui/", "/docs", "/ui/examples/he-1.wav", "/ui/js/main.js"])
def test_every_file_of_the_page_has_its_headers(path: str, client: httpx.Client) -> None:
    """The policy, and what else a browser has to know, stand on pages, scripts and sounds alike."""
    answer = client.get(path).raise_for_status()
    assert {name: answer.headers[name] for name in HEADERS} == dict(HEADERS)


def test_the_policy_lets_no_inline_script_and_no_stranger_in() -> None:
    """Nothing unsafe, no wildcard, no scheme of the network, no other host."""
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert not re.search(r"unsafe|\*|https?:", policy)


def test_the_policy_knows_the_style_of_the_vendored_waveform() -> None:
    """The hash is that of the sheet which wavesurfer.js writes, at the height that is asked for."""
    source = (STATIC_DIR / "vendor/wavesurfer/wavesurfer.esm.js").read_text("utf-8")
    height = re.search(r"const HEIGHT = (\d+);", (STATIC_DIR / "js/waveform.js").read_text("utf-8"))
    sheet = re.search(r'nonce="\$\{i\}"`:""\}>(.*?)</style>', source, re.DOTALL)
    assert height
    assert sheet
    written = re.sub(r"\$\{.*?\}", height[1], sheet[1]).replace("\\n", "\n")
    digest = base64.b64encode(hashlib.sha256(written.encode()).digest()).decode()
    assert f"sha256-{digest}" == WAVESURFER_STYLE


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_the_pages_own_files_name_no_other_server(path: Path) -> None:
    """No address of the network stands in them, but the name of SVG."""
    text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|[\"'(]//", text)


@pytest.mark.parametrize("path", [DOCS_PAGE, STATIC_DIR / "index.html"], ids=lambda path: path.name)
def test_no_script_and_no_style_stands_in_a_page(path: Path) -> None:
    """All come from files: the policy would not let them work."""
    text = path.read_text("utf-8")
    assert not re.search(r"<script[^>]*>[^<]|<style|\sstyle=|\son\w+=", text)


@pytest.mark.parametrize("name", [name for name in FILES if Path(name).suffix in TYPES])
def test_files_have_their_types(name: str, client: httpx.Client) -> None:
    """Browsers run no script of another type under nosniff."""
    kind = client.get(f"/ui/{name}").raise_for_status().headers["content-type"]
    assert kind.startswith(TYPES[Path(name).suffix])


def test_a_file_that_the_browser_has_is_not_sent_again(client: httpx.Client) -> None:
    """It is asked for anew, and 304 by its ETag answers, with the policy all the same."""
    first = client.get("/ui/css/base.css")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/ui/css/base.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize("folder", ["/ui/", "/ui/examples/"])
@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_can_be_reached(folder: str, path: str, server: Server) -> None:
    """A path that climbs out is unknown, in the one error shape, and tells nothing."""
    host = server.url.removeprefix("http://")
    request = f"GET {folder}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    answer = raw(server, request)
    assert b" 404 " in answer.splitlines()[0]
    assert b'"code":"unknown_path"' in answer
    assert b"StaticFiles" not in answer
    assert b"root:" not in answer


def raw(server: Server, request: str) -> bytes:
    """Clients tidy paths up; this sends them as they are."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def test_a_browser_is_led_to_the_page_and_a_program_is_not(client: httpx.Client) -> None:
    """GET / redirects who asks for HTML; all others get the overview. Caches are told why."""
    led = client.get("/", headers=BROWSER)
    assert (led.status_code, led.headers["location"]) == (307, "ui/")
    assert led.headers["vary"] == "Accept"
    for accept in ("*/*", "application/json"):
        told = client.get("/", headers={"Accept": accept})
        assert told.json()["name"] == "Kolvani"
        assert told.headers["vary"] == "Accept"


def test_the_page_is_told_its_limits_and_examples(client: httpx.Client, root: Path) -> None:
    """The examples are the clips of the repository, with their texts, and can be had."""
    settings = client.get("/ui/settings.json").json()
    assert settings["max_upload_bytes"] == 1 << 30
    assert [item["name"] for item in settings["examples"]] == [
        path.name for path in sorted((root / "examples").glob("*.wav"))
    ]
    one = settings["examples"][0]
    assert one["language"] == "he"
    assert one["text"] == (root / "examples/he-1.txt").read_text("utf-8").strip()
    sound = client.get(f"/ui/examples/{one['name']}")
    assert sound.headers["content-type"] == "audio/wav"
    assert sound.content == (root / "examples/he-1.wav").read_bytes()


def test_where_there_are_no_examples_none_are_offered(tmp_path: Path) -> None:
    """A folder that is absent, or has recordings without texts, is no error."""
    assert not find_clips(tmp_path / "absent")
    (tmp_path / "he-1.wav").write_bytes(b"RIFF")
    assert not find_clips(tmp_path)


def test_the_description_is_shown_without_a_content_network(client: httpx.Client) -> None:
    """/docs names files of this server alone; the framework's own pages are gone."""
    text = client.get("/docs").text
    sources = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert sources
    for source in sources:
        assert client.get(f"/{source}").status_code == 200
    assert client.get("/redoc").status_code == 404


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.name)
def test_vendored_files_are_those_that_were_fetched(folder: Path, root: Path) -> None:
    """Each has its licence, and the sha256 that the README beside it names."""
    place = root / folder
    named = dict(
        reversed(line.split())
        for line in (place / "README.md").read_text("utf-8").splitlines()
        if re.match(r" +[0-9a-f]{64} ", line)
    )
    code = {path.name for path in place.iterdir() if path.suffix in {".js", ".css"}}
    assert set(named) == code
    for name, digest in named.items():
        assert hashlib.sha256((place / name).read_bytes()).hexdigest() == digest
    assert (place / "LICENSE").is_file()
