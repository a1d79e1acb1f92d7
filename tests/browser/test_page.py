"""The page in a real browser: from a file and its text to words that are heard and saved."""

import json
import re
import shlex
import subprocess
import wave
from pathlib import Path

import pytest
from conftest import (
    Pages,
    Watch,
    aligned,
    answer_of,
    answer_with,
    drop,
    regions,
    wait_until_lit,
    words,
)
from playwright.sync_api import Page, expect

HEBREW = "הילד הלך אל הבית וראה את האור."
CHANGED = "הילד רץ אל הבית — וראה את השמש."  # "רץ" and "השמש" are not what is said
REPEATS = 40  # of four seconds
STAMP = re.compile(r"^\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}$", re.MULTILINE)


@pytest.fixture
def hebrew(page: Page, examples: Path) -> Page:
    """The first Hebrew clip, aligned."""
    aligned(page, examples / "he-1.wav", HEBREW)
    return page


def test_a_dropped_file_and_its_text_become_words_on_a_waveform(hebrew: Page) -> None:
    """Every word of the text is shown, in order, and stands on the waveform."""
    assert words(hebrew) == HEBREW.split()
    assert set(regions(hebrew).all_text_contents()) == set(HEBREW.split())
    expect(hebrew.locator("#result-name")).to_have_text("he-1.wav")
    expect(hebrew.locator("#facts")).to_contain_text("7 of 7 words found")
    expect(hebrew.locator("#cached")).to_contain_text(re.compile("heard"))


def test_the_server_tells_how_far_it_is(page: Page, examples: Path, tmp_path: Path) -> None:
    """Minutes of sound are answered in events, and what they say is shown on the way."""
    with (
        wave.open(str(examples / "he-1.wav")) as once,
        wave.open(str(tmp_path / "minutes.wav"), "wb") as often,
    ):
        often.setparams(once.getparams())
        often.writeframes(once.readframes(once.getnframes()) * REPEATS)
    page.evaluate(
        """() => {
          const told = document.querySelector("#work-told");
          window.told = [];
          new MutationObserver(() => window.told.push(told.textContent))
            .observe(told, { childList: true });
        }"""
    )
    page.set_input_files("#file", tmp_path / "minutes.wav")
    page.fill("#text", "\n".join([HEBREW] * REPEATS))
    with page.expect_response("**/align") as answered:
        page.click("#go")
    assert answered.value.headers["content-type"].startswith("text/event-stream")
    answered.value.finished()  # a busy machine takes its time to hear minutes
    expect(page.locator("#words p")).to_have_count(REPEATS)
    told = page.evaluate("window.told")
    assert any(re.fullmatch(r"\d:\d\d of 2:47 heard", text) for text in told), told


def test_a_recording_and_its_text_file_can_be_dropped_together(page: Page, examples: Path) -> None:
    """The text file fills the text, the recording the well."""
    drop(page, examples / "hi-2.wav", examples / "hi-2.txt")
    expect(page.locator("#text")).to_have_value((examples / "hi-2.txt").read_text("utf-8").strip())
    expect(page.locator("#file-name")).to_have_text("hi-2.wav")
    expect(page.locator("#go")).to_have_text("Align the text")


def test_without_a_text_the_speech_is_written_down(page: Page, examples: Path) -> None:
    """An empty text is transcribed, and what was heard can be corrected and aligned."""
    page.set_input_files("#file", examples / "hi-1.wav")
    page.click("#go")
    expect(page.locator("#words .word").first).to_have_text("आज")
    expect(page.locator("#facts")).to_contain_text("words heard")
    assert page.get_attribute("#words", "lang") == "hi"
    assert page.get_attribute("#words", "dir") == "ltr"
    page.click("#edit")
    page.fill("#revised", (examples / "hi-1.txt").read_text("utf-8").strip())
    page.click("#realign")
    expect(page.locator("#facts")).to_contain_text("10 of 10 words found")


def test_a_clicked_word_is_heard_alone(hebrew: Page) -> None:
    """The sound goes to the word's start, the word lights up, and its end stops it."""
    hebrew.select_option("#speed", "0.5")
    hebrew.locator("#words .word", has_text="הבית").click()
    expect(hebrew.locator("#play")).to_have_attribute("data-playing", "")
    wait_until_lit(hebrew, "הבית")
    expect(hebrew.locator("#play")).not_to_have_attribute("data-playing", "")
    assert hebrew.evaluate("window.played.length") == 1
    assert hebrew.evaluate("window.played[0]") == pytest.approx(1.7, abs=0.05)
    assert hebrew.evaluate("window.sounding.currentTime") == pytest.approx(2.34, abs=0.2)


def test_a_clicked_region_is_heard_too(hebrew: Page) -> None:
    """A word on the waveform does what the word in the text does."""
    regions(hebrew).filter(has_text="וראה").click()
    wait_until_lit(hebrew, "וראה")
    assert hebrew.evaluate("window.played[0]") == pytest.approx(2.34, abs=0.05)


# As the document's words are noted (EYE in conftest.py), those of the waveform, in its shadow root.
NOTE_THE_WAVE = """() => {
  const wave = document.querySelector("#wave > div").shadowRoot;
  window.waved = [];
  new MutationObserver(() => {
    const word = wave.querySelector('[part~="current"]')?.textContent;
    if (word && window.waved.at(-1) !== word) window.waved.push(word);
  }).observe(wave, { attributes: true, childList: true, subtree: true });
}"""


def test_words_light_up_while_the_recording_plays(hebrew: Page) -> None:
    """One word after the other, in the text and on the waveform, to the end."""
    hebrew.evaluate(NOTE_THE_WAVE)
    hebrew.select_option("#speed", "0.75")
    hebrew.click("#play")
    wait_until_lit(hebrew, "האור.")
    expect(hebrew.locator("#play")).to_have_attribute("aria-label", "Play")
    for passed in (hebrew.evaluate("window.lit"), hebrew.evaluate("window.waved")):
        places = [HEBREW.split().index(word) for word in passed]
        assert places == sorted(places)
        assert len(places) >= 4  # a word may pass between two frames of a busy machine
        assert passed[-1] == "האור."


def test_an_edited_text_is_aligned_again_without_hearing_it_anew(
    page: Page, examples: Path, tmp_path: Path
) -> None:
    """The second answer comes from what was kept, and says so; every status has its mark."""
    recording = tmp_path / "new.wav"  # one that no other test has sent
    recording.write_bytes((examples / "he-1.wav").read_bytes()[:-2] + b"\1\0")
    aligned(page, recording, HEBREW)
    expect(page.locator("#cached")).to_have_attribute("data-cached", "false")
    page.click("#edit")
    expect(page.locator("#revised")).to_have_value(HEBREW)
    page.fill("#revised", CHANGED)
    page.click("#realign")
    expect(page.locator("#cached")).to_have_attribute("data-cached", "true")
    expect(page.locator("#words .word")).to_have_text(CHANGED.split())
    assert page.locator("#words .absent").all_text_contents() == ["רץ", "השמש."]
    assert page.locator("#words .silent").all_text_contents() == ["—"]
    assert "רץ" not in regions(page).all_text_contents()
    expect(page.locator("#legend")).to_contain_text("not heard: 2")
    expect(page.locator("#remarks")).to_contain_text("Heard, not written")
    page.locator("#remarks button").first.click()  # what was heard instead can be listened to
    assert page.evaluate("window.played[0]") == pytest.approx(0.88, abs=0.1)


def test_marks_do_not_hang_on_colour_alone(hebrew: Page) -> None:
    """Each status has a line of its own under or through its words."""
    lines = hebrew.evaluate(
        """() => ["sure", "loose", "poor", "silent", "absent"].map((name) => {
          const style = getComputedStyle(Object.assign(
            document.querySelector(".word").cloneNode(), { className: `word ${name}` }));
          const probe = document.createElement("span");
          probe.className = `word ${name}`;
          document.querySelector("#words").append(probe);
          const { textDecorationLine: line, textDecorationStyle: kind } = getComputedStyle(probe);
          probe.remove();
          return `${line} ${kind}`;
        })"""
    )
    assert len(set(lines)) == 5


def test_lines_and_rare_characters_keep_their_places(page: Page, examples: Path) -> None:
    """Words are cut out where the server counted them: past line breaks, and past an emoji."""
    text = "🙂 הילד הלך\nאל הבית\n\nוראה את האור."
    aligned(page, examples / "he-1.wav", text)
    assert words(page) == text.split()
    assert page.locator("#words p").count() == 3


def test_srt_is_downloaded(hebrew: Page) -> None:
    """The file has cues with times, and the words of the text."""
    with hebrew.expect_download() as waiting:
        hebrew.click('[data-format="srt"]')
    assert waiting.value.suggested_filename == "he-1.srt"
    content = Path(waiting.value.path()).read_text("utf-8")
    assert STAMP.search(content)
    assert "הילד הלך אל הבית" in content
    expect(hebrew.locator("#export-told")).to_have_text("Saved he-1.srt")


# Row by row: after ten downloads of a frame within a second, Chromium drops the next without a word
# (kBurstDownloadLimit), of a page that does nothing else, too.
@pytest.mark.parametrize("row", range(4))
def test_every_format_on_the_page_is_one_that_the_server_writes(hebrew: Page, row: int) -> None:
    """No button leads nowhere."""
    buttons = hebrew.locator(".kinds dd").nth(row).locator("[data-format]")
    assert buttons.count() == 3
    for index in range(3):
        with hebrew.expect_download() as waiting:
            buttons.nth(index).click()
        assert Path(waiting.value.path()).stat().st_size > 50
    expect(hebrew.locator("#notice")).to_be_hidden()


def test_of_a_long_text_time_score_and_downloads_are_at_hand(page: Page, examples: Path) -> None:
    """However far down a word stands, what is known of it is in sight; one click leads past all."""
    word = {"word": "שלום", "score": 0.9, "status": "aligned", "reading": None}
    places = [
        {"start": n / 100, "end": (n + 1) / 100, "char_start": 5 * n, "char_end": 5 * n + 4}
        for n in range(200)
    ]
    answer = answer_of([word | place for place in places], 4.179)
    answer_with(page, answer | {"warnings": ["the text hardly fits the audio"]})
    aligned(page, examples / "he-1.wav", "\n".join(["שלום"] * 200))
    expect(page.locator("#warnings")).to_have_text("The text hardly fits the audio.")
    expect(page.locator("#warnings")).to_be_in_viewport()
    page.click("#to-formats")
    expect(page.locator('[data-format="srt"]')).to_be_focused()
    expect(page.locator('[data-format="srt"]')).to_be_in_viewport()
    last = page.locator("#words .word").last
    last.hover()
    expect(page.locator("#inspector")).to_contain_text("0:01.99 to 0:02.00 · score 0.90")
    expect(page.locator("#inspector")).to_be_in_viewport()


def test_json_is_the_answer_itself(hebrew: Page) -> None:
    """What the page was told is saved as it is."""
    with hebrew.expect_download() as waiting:
        hebrew.click('[data-format="json"]')
    answer = json.loads(Path(waiting.value.path()).read_text("utf-8"))
    assert [word["word"] for word in answer["words"]] == HEBREW.split()


def test_the_curl_line_does_the_same(pages: Pages, examples: Path, tmp_path: Path) -> None:
    """It runs in a shell, whatever quotes the text and the file's name have."""
    page = pages(permissions=["clipboard-read", "clipboard-write"])
    recording = tmp_path / 'הקלטה; "1" & it\'s.wav'
    recording.write_bytes((examples / "he-1.wav").read_bytes())
    text = "הילד 'הלך' אל \"הבית\"\n@וראה $את <האור;type=x"
    aligned(page, recording, text)
    page.click("#curl")
    expect(page.locator("#export-told")).to_contain_text("Copied")
    line = page.evaluate("navigator.clipboard.readText()")
    assert shlex.split(line)[0] == "curl"
    ran = subprocess.run(
        ["/bin/sh", "-c", f"{line} -s"], cwd=tmp_path, capture_output=True, check=True
    )
    assert [word["word"] for word in json.loads(ran.stdout)["words"]] == text.split()


def test_names_and_texts_are_never_markup(page: Page, examples: Path, tmp_path: Path) -> None:
    """A text that looks like a script is shown as it is written."""
    recording = tmp_path / "<img src=x onerror=alert(1)>.wav"
    recording.write_bytes((examples / "he-1.wav").read_bytes())
    aligned(page, recording, f"{HEBREW} <script>alert(1)</script>")
    expect(page.locator("#result-name")).to_have_text(recording.name)
    assert words(page)[-1] == "<script>alert(1)</script>"
    assert page.locator("#result img, #result script").count() == 0


def test_an_example_is_one_click(page: Page) -> None:
    """Who has nothing at hand sees a result at once; a new recording begins from nothing."""
    page.locator(".example").first.click()
    expect(page.locator("#facts")).to_contain_text("7 of 7 words found")
    page.click("#again")
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#choose")).to_be_visible()


def test_zoom_shows_less_and_more(hebrew: Page) -> None:
    """Closer, the strip is wider than the screen; further off, it fits again."""
    strip = "document.querySelector('#wave > div').shadowRoot.querySelector('.scroll')"
    wider = f"{strip}.scrollWidth > {strip}.clientWidth + 10"
    assert not hebrew.evaluate(wider)
    hebrew.click("#zoom-in")
    hebrew.wait_for_function(wider)
    hebrew.click("#zoom-out")
    hebrew.wait_for_function(f"!({wider})")


def test_the_docs_need_nobody_else(pages: Pages, watch: Watch) -> None:
    """/docs shows the routes from files of this server, under the same policy."""
    page = pages("/docs")
    expect(page.locator(".opblock-summary-path").first).to_be_visible()
    page.locator(".opblock-summary", has_text="/align").first.click()
    expect(page.locator(".opblock-body").first).to_be_visible()
    assert not watch.faults


def test_a_browser_that_opens_the_root_gets_the_page(pages: Pages) -> None:
    """/ leads to /ui/."""
    page = pages("/")
    expect(page.locator("h1#title")).to_be_visible()
    assert page.url.endswith("/ui/")
