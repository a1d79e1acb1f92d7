"""A real Chromium, Debian's, on a real server; and what must hold in every test of the page."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from servers import Server, running_server

HERE = Path(__file__).parent
# Nothing but this machine can be reached; as root, Chromium cannot make its own sandbox.
FLAGS = ("--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
DESK = {"width": 1180, "height": 860}
PATIENCE_MS = 20_000  # of a busy machine
# What the page plays is no part of the document: it is remembered as it is made.
EAR = """
window.played = [];
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  window.sounding = this;
  window.played.push(this.currentTime);
  return play.call(this);
};
"""
# A word is lit for moments: it is noted when it is, as a busy machine asks from outside too late.
EYE = """
window.lit = [];
new MutationObserver(() => {
  const word = document.querySelector("#words .spoken")?.textContent;
  if (word && window.lit.at(-1) !== word) window.lit.push(word);
}).observe(document, {
  attributes: true, attributeFilter: ["class"], childList: true, subtree: true,
});
"""
DROP = """
([selector, files]) => {
  const transfer = new DataTransfer();
  for (const [name, content, type] of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  }
  for (const kind of ["dragover", "drop"]) {
    document.querySelector(selector).dispatchEvent(
      new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--screenshots FOLDER` keeps the pictures of tests/browser/test_screens.py."""
    parser.addoption("--screenshots", type=Path, default=None)


@pytest.fixture(scope="session")
def examples(root: Path) -> Path:
    return root / "examples"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def executable() -> str:
    found = shutil.which("chromium")
    assert found, "expected Debian's chromium: make test-browser installs it"
    return found


@pytest.fixture(scope="session")
def browser(playwright: Playwright, executable: str) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=executable, args=FLAGS)
    yield launched
    launched.close()


@dataclass
class Watch:
    """What a page must not do, unless a test foresees it."""

    origin: str
    faults: list[str] = field(default_factory=list)
    foreseen: tuple[str, ...] = ()  # parts of messages that a test provokes

    def follow(self, page: Page) -> None:
        """Write down errors, and requests that go anywhere else."""
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        page.on("request", lambda request: self._request(request.url))

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not any(part in text for part in self.foreseen):
            self.faults.append(text)

    def _request(self, url: str) -> None:
        if not url.startswith((self.origin, "blob:", "data:")):
            self.faults.append(f"asked {url}")


Pages = Callable[..., Page]


@pytest.fixture
def watch(server: Server) -> Iterator[Watch]:
    """Every test ends with an empty console, and has asked nobody but the server."""
    watching = Watch(server.url)
    yield watching
    assert not watching.faults


@pytest.fixture
def pages(browser: Browser, server: Server, watch: Watch) -> Iterator[Pages]:
    """Opens the page, in a context of its own; keyword arguments are the context's."""
    contexts: list[BrowserContext] = []

    def opened(path: str = "/ui/", **options: Any) -> Page:  # noqa: ANN401  # Playwright's own
        context = browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce", **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(EAR)
        context.add_init_script(EYE)
        page = context.new_page()
        watch.follow(page)
        page.goto(server.url + path)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def page(pages: Pages) -> Page:
    """The page, with its examples at hand."""
    opened = pages()
    opened.wait_for_selector(".example")
    return opened


def drop(page: Page, *paths: Path, **contents: bytes) -> None:
    """Drop files on the page, as a hand would."""
    files = [(path.name, path.read_bytes()) for path in paths] + list(contents.items())
    coded = [
        (name, base64.b64encode(content).decode(), "audio/wav" if name.endswith("wav") else "")
        for name, content in files
    ]
    page.evaluate(DROP, ["#well", coded])


def aligned(page: Page, recording: Path, text: str) -> None:
    """Have a text aligned, and see its words."""
    drop(page, recording)
    page.fill("#text", text)
    page.click("#go")
    expect(page.locator("#words .word").first).to_be_visible()
    expect(regions(page).first).to_be_attached()


def wait_until_lit(page: Page, word: str) -> None:
    """Until a word of the text has lit up, now or before."""
    page.wait_for_function("word => window.lit.includes(word)", arg=word)


def regions(page: Page) -> Any:  # noqa: ANN401  # Playwright's Locator
    """The words on the waveform; Playwright looks into open shadow roots."""
    return page.locator('#wave [part~="region"]')


def words(page: Page) -> list[str]:
    """The text on screen, word by word."""
    return page.locator("#words .word").all_text_contents()


def answer_of(words: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """An answer of /align."""
    return {
        "duration_sec": seconds,
        "language": "he",
        "model": "he-demo",
        "choice": {"by": "only", "reason": "the only one", "candidates": {}},
        "timings": {"search": 0.5},
        "cached": False,
        "warnings": [],
        "score": 0.9,
        "quality": 0.95,
        "words": words,
        "segments": [],
        "unspoken": [],
        "unwritten": [],
        "characters": None,
    }


def answer_with(page: Page, body: dict[str, Any], status: int = 200, **headers: str) -> None:
    """Answer the next speech requests in the server's place."""
    page.route(
        "**/align",
        lambda route: route.fulfill(
            status=status,
            body=json.dumps(body),
            headers={"content-type": "application/json", **headers},
        ),
    )
