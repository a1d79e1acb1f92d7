"""Everything without a mouse."""

from pathlib import Path
from typing import Any

import pytest
from conftest import Pages, wait_until_lit
from playwright.sync_api import Page, expect

ROOT = Path(__file__).parents[2]
HEBREW = ["הילד", "הלך", "אל", "הבית", "וראה", "את", "האור."]
FOCUSED = """() => {
  let element = document.activeElement;
  while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  if (element.matches(".word")) return "word";
  return element.id || element.getAttribute("role") || element.className || element.tagName;
}"""


def focused(page: Page) -> str:
    """The id, role or class of what has the focus, within shadow roots too."""
    return str(page.evaluate(FOCUSED))


def tabs(page: Page, count: int) -> list[str]:
    """Where Tab leads, one after the other."""
    places = []
    for _ in range(count):
        page.keyboard.press("Tab")
        places.append(focused(page))
    return places


def told_of(page: Page, index: int) -> str:
    """Time and score of a word, as the service answers: scores differ a little by machine."""
    recording = (ROOT / "examples/he-1.wav").read_bytes()
    form: dict[str, Any] = {
        "audio": {"name": "he-1.wav", "mimeType": "audio/wav", "buffer": recording},
        "transcript": " ".join(HEBREW),
    }
    word = page.request.post(f"{page.url}../align", multipart=form).json()["words"][index]
    return f"0:0{word['start']:.2f} to 0:0{word['end']:.2f} · score {word['score']:.2f}"


@pytest.fixture
def hebrew(page: Page) -> Page:
    """The first example, asked for with the keyboard."""
    page.locator(".example").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#result-title")).to_be_focused()
    expect(page.get_by_role("slider")).to_be_attached()
    return page


def test_tab_goes_through_the_form_in_the_order_of_sight(page: Page) -> None:
    """From the way past the header to the examples; the hidden file field is no stop."""
    assert tabs(page, 11) == [
        "skip",
        "brand",
        "open-keys",
        "A",
        "choose",
        "record",
        "text",
        "language",
        "go",  # without a text there is nothing that could be said word for word
        "example",
        "example",
    ]


def test_tab_goes_through_the_result(hebrew: Page) -> None:
    """The waveform and the whole text are one stop each."""
    assert tabs(hebrew, 9) == [
        "again",
        "to-formats",
        "slider",
        "play",
        "zoom-out",
        "zoom-in",
        "speed",
        "edit",
        "word",
    ]


def test_the_focus_is_seen_wherever_it_is(hebrew: Page) -> None:
    """Every stop of Tab has an outline."""
    outline = FOCUSED.replace("if (", "return getComputedStyle(element).outlineWidth;\n if (")
    for _ in range(12):
        hebrew.keyboard.press("Tab")
        assert hebrew.evaluate(outline) != "0px", focused(hebrew)


def test_arrows_go_through_a_hebrew_text_as_it_is_read(hebrew: Page) -> None:
    """To the left is onward; Home and End go to its ends; the focused word tells its time."""
    hebrew.locator("#words .word").first.focus()
    spoken = hebrew.locator("#words .word:focus")
    hebrew.keyboard.press("ArrowLeft")
    expect(spoken).to_have_text(HEBREW[1])
    expect(hebrew.locator("#inspector")).to_contain_text(told_of(hebrew, 1))
    hebrew.keyboard.press("End")
    expect(spoken).to_have_text(HEBREW[-1])
    hebrew.keyboard.press("ArrowRight")
    expect(spoken).to_have_text(HEBREW[-2])
    hebrew.keyboard.press("Home")
    expect(spoken).to_have_text(HEBREW[0])


def test_enter_plays_a_word_and_space_plays_on(hebrew: Page) -> None:
    """Enter: that word; Shift and Enter: from there; Space: play and pause."""
    hebrew.select_option("#speed", "0.5")
    hebrew.locator("#words .word").nth(2).focus()
    hebrew.keyboard.press("Enter")
    wait_until_lit(hebrew, HEBREW[2])
    expect(hebrew.locator("#play")).to_have_attribute("aria-label", "Play")  # it ended
    hebrew.keyboard.press("Shift+Enter")
    wait_until_lit(hebrew, HEBREW[4])  # two words on
    expect(hebrew.locator("#play")).to_have_attribute("aria-label", "Pause")
    hebrew.keyboard.press("Space")
    expect(hebrew.locator("#play")).to_have_attribute("aria-label", "Play")
    assert HEBREW[-1] not in hebrew.evaluate("window.lit")


def test_the_waveform_is_a_slider(hebrew: Page) -> None:
    """Arrows wind by a second, Home and End to the ends, and its value says where it is."""
    slider = hebrew.get_by_role("slider", name="Place in the recording")
    slider.focus()
    for key, place in (("ArrowRight", "0:01.0"), ("ArrowRight", "0:02.0"), ("ArrowLeft", "0:01.0")):
        hebrew.keyboard.press(key)
        expect(slider).to_have_attribute("aria-valuetext", place)
    hebrew.keyboard.press("End")
    expect(hebrew.locator("#now")).to_have_text("0:04.2")
    hebrew.keyboard.press("Home")
    expect(hebrew.locator("#now")).to_have_text("0:00.0")


def test_the_text_is_edited_and_aligned_without_a_mouse(hebrew: Page) -> None:
    """E opens it, Esc leaves it as it was, Ctrl and Enter align it anew."""
    hebrew.locator("#words .word").first.focus()
    hebrew.keyboard.press("e")
    expect(hebrew.locator("#revised")).to_be_focused()
    hebrew.keyboard.press("Escape")
    expect(hebrew.locator("#edit")).to_be_focused()
    hebrew.keyboard.press("Enter")
    hebrew.keyboard.press("Control+A")
    hebrew.keyboard.type(" ".join(HEBREW[:3]))
    hebrew.keyboard.press("Control+Enter")
    expect(hebrew.locator("#words .word")).to_have_text(HEBREW[:3])
    expect(hebrew.locator("#edit")).to_be_focused()


def test_the_keys_are_listed(page: Page) -> None:
    """A dialog has them; Esc closes it, and the focus is back."""
    page.locator("#open-keys").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#open-keys")).to_be_focused()


def test_who_wants_no_motion_gets_none(pages: Pages) -> None:
    """No transition and no animation where the system asks for calm; elsewhere there are some."""
    lasts = "getComputedStyle(document.querySelector('.button')).transitionDuration"
    assert pages(reduced_motion="reduce").evaluate(lasts) == "0s"
    assert pages(reduced_motion="no-preference").evaluate(lasts) != "0s"
