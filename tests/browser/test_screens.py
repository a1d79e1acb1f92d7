"""What the page looks like: nothing bars anybody's way, and nothing hangs over the edge.

With `--screenshots docs/img` the pictures are kept.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import HERE, Pages, Watch, aligned, answer_of, answer_with, drop, regions
from playwright.sync_api import Page, expect

AXE = HERE / "vendor/axe-core/axe.min.js"
SERIOUS = {"serious", "critical"}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
NARROWEST = {"viewport": {"width": 320, "height": 640}}
DARK = {"color_scheme": "dark"}
LIGHT: dict[str, Any] = {}
SETTLED = "() => document.getAnimations().every(({ playState }) => playState !== 'running')"
HEBREW = "הילד רץ אל הבית — וראה את השמש."
HINDI = "मेरी बहन बाज़ार से ताज़ी सब्ज़ी और ठंडा दूध लाई है।"


def beginning(page: Page, _: Path) -> None:
    page.wait_for_selector(".example")


def filled(page: Page, examples: Path) -> None:
    drop(page, examples / "he-2.wav", examples / "he-2.txt")
    expect(page.locator("#file-name")).to_have_text("he-2.wav")


def hebrew(page: Page, examples: Path) -> None:
    aligned(page, examples / "he-1.wav", HEBREW)
    for _ in range(2):  # seconds
        page.get_by_role("slider").press("ArrowRight")
    expect(page.locator("#words .spoken")).to_have_text("הבית")
    page.locator("#words .word").nth(1).hover()
    page.locator("#result-title").focus()


def hindi(page: Page, examples: Path) -> None:
    aligned(page, examples / "hi-2.wav", HINDI)
    page.get_by_role("slider").press("ArrowRight")
    page.locator("#words .word.poor").hover()
    page.locator("#result-title").focus()


def marks(page: Page, examples: Path) -> None:
    """Every mark there is, in the text and on the waveform."""
    told = [("aligned", 0.9), ("aligned", 0.4), ("aligned", 0.1), ("interpolated", None)]
    placed = [
        {"word": "שלום", "start": index, "end": index + 1, "score": score, "status": status}
        for index, (status, score) in enumerate(told)
    ]
    absent = {"word": "שלום", "start": None, "end": None, "score": None, "status": "not_found"}
    for index, word in enumerate([*placed, absent]):
        word.update(char_start=5 * index, char_end=5 * index + 4, reading=None)
    answer_with(page, answer_of([*placed, absent], 4.179))
    aligned(page, examples / "he-1.wav", " ".join(["שלום"] * 5))
    expect(page.locator("#legend li")).to_have_count(5)


def editing(page: Page, examples: Path) -> None:
    hebrew(page, examples)
    page.click("#edit")


def error(page: Page, examples: Path) -> None:
    drop(page, examples / "he-2.txt", **{"interview.wav": b"%PDF-1.7 no recording"})
    page.click("#go")
    expect(page.locator("#notice")).to_be_visible()


def keys(page: Page, _: Path) -> None:
    page.click("#open-keys")
    expect(page.locator("#keys")).to_be_visible()


Scene = Callable[[Page, Path], None]
SCREENS: dict[str, tuple[Scene, dict[str, Any]]] = {
    "start": (beginning, LIGHT),
    "start-dark": (beginning, DARK),
    "filled": (filled, LIGHT),
    "hebrew": (hebrew, LIGHT),
    "hebrew-dark": (hebrew, DARK),
    "hindi": (hindi, LIGHT),
    "hindi-dark": (hindi, DARK),
    "marks": (marks, LIGHT),
    "marks-dark": (marks, DARK),
    "editing": (editing, LIGHT),
    "error": (error, LIGHT),
    "error-dark": (error, DARK),
    "keys": (keys, LIGHT),
    "keys-dark": (keys, DARK),
    "phone": (hebrew, PHONE),
    "phone-start": (beginning, PHONE),
    "phone-error": (error, PHONE),
    "narrowest": (hindi, NARROWEST),
    "narrowest-start": (filled, NARROWEST),
}
KEPT = {"start", "hebrew", "hebrew-dark", "hindi", "error", "phone"}  # what the README may show


@pytest.mark.parametrize("name", SCREENS)
def test_nothing_bars_the_way(
    name: str, pages: Pages, watch: Watch, examples: Path, pytestconfig: pytest.Config
) -> None:
    """axe-core finds nothing serious, and the page is no wider than its window."""
    watch.foreseen = ("415",)
    scene, options = SCREENS[name]
    page = pages(**options)
    scene(page, examples)
    page.evaluate(SETTLED)
    folder = pytestconfig.getoption("--screenshots", None)
    if folder and name in KEPT:
        page.screenshot(path=folder / f"{name}.png", full_page="phone" not in name)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document)")["violations"]
    serious = {
        item["id"]: [node["target"] for node in item["nodes"]]
        for item in found
        if item["impact"] in SERIOUS
    }
    assert not serious
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hebrew_and_hindi_are_set_in_their_own_direction(pages: Pages, examples: Path) -> None:
    """Language and direction are told to the browser, in the text, its field and the waveform."""
    page = pages()
    hebrew(page, examples)
    assert page.locator("#words").get_attribute("dir") == "rtl"
    assert page.locator("#words").get_attribute("lang") == "he"
    first, last = (page.locator("#words .word").nth(place).bounding_box() for place in (0, -1))
    assert first
    assert last
    assert first["x"] > last["x"]  # it is read from the right
    starts = [regions(page).filter(has_text=word).bounding_box() for word in ("הילד", "אל", "את")]
    places = [box["x"] for box in starts if box]
    assert places == sorted(places)  # time goes to the right all the same
    page.click("#edit")
    assert page.evaluate("getComputedStyle(document.querySelector('#revised')).direction") == "rtl"
    hindi(pages(), examples)
