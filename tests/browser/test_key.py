"""The page on a server that asks for keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Pages, Watch, drop
from playwright.sync_api import Page, expect
from servers import Server, running_server

from service.access.keys import Key, hash_of, new_secret
from service.access.lines import line_of

SECRET = new_secret()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    file = folder / "api-keys"
    key = Key("studio", hash_of(SECRET), frozenset({"align", "transcribe", "read"}))
    file.write_text(line_of(key))
    with running_server(folder / "run", api_keys_file=file) as running:
        yield running


@pytest.fixture
def page(pages: Pages, watch: Watch) -> Page:
    watch.foreseen = ("401",)
    return pages()


def give(page: Page, key: str) -> None:
    page.fill("#key-field", key)
    page.click("#key button[value=use]")


def test_the_key_is_asked_for_once_and_used_for_everything(page: Page, examples: Path) -> None:
    """A wrong one is asked for again; then languages, an alignment and its files are there, and the
    key itself is not in the line for a shell.
    """
    expect(page.locator("#key-told")).to_have_text("This server asks for an API key.")
    give(page, "kolvani_wrong")
    expect(page.locator("#key-told")).to_have_text("That key is not known here.")
    give(page, SECRET)
    expect(page.locator("#key")).to_be_hidden()
    expect(page.locator("#language option")).to_have_count(3)
    drop(page, examples / "he-1.wav")
    page.fill("#text", (examples / "he-1.txt").read_text(encoding="utf-8"))
    page.click("#go")
    expect(page.locator("#result")).to_be_visible()
    page.reload()
    expect(page.locator("#language option")).to_have_count(3)
    expect(page.locator("#key")).to_be_hidden()


def test_without_a_key_the_page_says_what_is_missing(page: Page, examples: Path) -> None:
    """It can be left, and is asked for again when it is needed."""
    page.click("#key-leave")
    expect(page.locator("#key")).to_be_hidden()
    drop(page, examples / "he-1.wav")
    page.click("#go")
    expect(page.locator("#key")).to_be_visible()
    page.click("#key-leave")
    expect(page.locator("#notice")).to_contain_text("This server asks for an API key.")
