"""The microphone: Chromium's own stand-in, which plays a file."""

import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FLAGS, Watch, words
from playwright.sync_api import Browser, Page, Playwright, expect
from servers import Server

# What is sent is kept, so that the test can look at it.
KEEP = """
const real = window.fetch;
window.fetch = (url, init) => {
  if (init?.method === "POST") window.sent = init.body.get("audio");
  return real(url, init);
};
"""
READ = "async () => Array.from(new Uint8Array(await window.sent.arrayBuffer()))"


@pytest.fixture
def speaking(playwright: Playwright, executable: str, examples: Path) -> Iterator[Browser]:
    """A browser into whose microphone a Hebrew sentence is said, over and over."""
    fake = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={examples / 'he-2.wav'}",
    )
    launched = playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *fake])
    yield launched
    launched.close()


def opened(browser: Browser, server: Server, watch: Watch) -> Page:
    page = browser.new_page()
    watch.follow(page)
    page.add_init_script(KEEP)
    page.goto(f"{server.url}/ui/")
    return page


def test_what_is_said_into_the_microphone_is_written_down(
    speaking: Browser, server: Server, watch: Watch, tmp_path: Path
) -> None:
    """It becomes a WAV file of that length, is transcribed, and its words are shown."""
    page = opened(speaking, server, watch)
    page.click("#record")
    expect(page.locator("#clock")).to_have_text("0:04")
    page.click("#stop")
    expect(page.locator("#file-name")).to_contain_text(".wav")
    page.select_option("#language", "he")
    page.click("#go")
    expect(page.locator("#words .word").first).to_be_visible()
    recording = tmp_path / "taken.wav"
    recording.write_bytes(bytes(page.evaluate(READ)))
    with wave.open(str(recording)) as taken:
        assert (taken.getnchannels(), taken.getsampwidth(), taken.getframerate()) == (1, 2, 16_000)
        assert 3 < taken.getnframes() / taken.getframerate() < 20
    assert len(words(page)) >= 3
    page.click("#play")
    expect(page.locator("#words .spoken")).to_be_visible()


def test_a_microphone_that_is_denied(
    playwright: Playwright, executable: str, server: Server, watch: Watch
) -> None:
    """Where the browser says no, the page says what to do."""
    browser = playwright.chromium.launch(
        executable_path=executable, args=[*FLAGS, "--deny-permission-prompts"]
    )
    try:
        page = opened(browser, server, watch)
        page.click("#record")
        expect(page.locator("#notice")).to_contain_text("microphone")
        expect(page.locator("#choose")).to_be_visible()
    finally:
        browser.close()
