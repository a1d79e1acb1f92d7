"""What the page says when something goes wrong, and while something takes long."""

import json
import wave
from pathlib import Path

from conftest import Pages, Watch, aligned, answer_of, answer_with, drop, regions, words
from playwright.sync_api import Page, Route, expect
from servers import Server

HOUR_SEC = 3600
LOW_RATE = 8000  # Hz
SILENCE = 128  # in 8 bits
HEBREW = "הילד הלך אל הבית וראה את האור."
# The answer of a server that is listening, in the test's hand.
SLOW = """
const real = window.fetch;
window.fetch = (url, init) => {
  if (init?.method !== "POST") return real(url, init);
  const body = new ReadableStream({ start(controller) {
    const encoder = new TextEncoder();
    window.tell = (text) => controller.enqueue(encoder.encode(text));
    window.hush = () => controller.close();
    init.signal?.addEventListener("abort", () => controller.error(init.signal.reason));
  } });
  window.asked = [...init.body.keys()];
  return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
};
0; // the value of it all; a function would be called
"""


def event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def complaint(page: Page) -> str:
    notice = page.locator("#notice")
    expect(notice).to_be_visible()
    return notice.inner_text()


def listening(page: Page, recording: Path) -> None:
    """Ask for something whose answer is in the test's hand."""
    page.evaluate(SLOW)
    drop(page, recording)
    page.fill("#text", HEBREW)
    page.click("#go")
    page.wait_for_function("Boolean(window.tell)")


def test_a_file_that_is_no_recording_is_named_plainly(page: Page, watch: Watch) -> None:
    """The form comes back as it was, with what the file seems to be."""
    watch.foreseen = ("415",)
    drop(page, **{"notes.wav": b"%PDF-1.7 not a recording"})
    page.fill("#text", HEBREW)
    page.click("#go")
    assert "not a recording that can be read: it looks like a PDF document" in complaint(page)
    expect(page.locator("#text")).to_have_value(HEBREW)
    expect(page.locator("#file-name")).to_have_text("notes.wav")


def test_without_a_recording_the_page_asks_for_one(page: Page) -> None:
    """Nothing is sent; the focus goes to where a file is chosen."""
    page.fill("#text", HEBREW)
    page.click("#go")
    assert "Choose a recording first" in complaint(page)
    expect(page.locator("#choose")).to_be_focused()


def test_a_text_that_tells_no_language_is_sent_back(
    page: Page, watch: Watch, examples: Path
) -> None:
    """What to do is said: choose it under Language; then it works."""
    watch.foreseen = ("422",)
    drop(page, examples / "he-1.wav")
    page.fill("#text", "123")
    page.click("#go")
    assert "Choose it under Language" in complaint(page)
    page.select_option("#language", "he")
    page.fill("#text", HEBREW)
    page.click("#go")
    expect(page.locator("#facts")).to_contain_text("7 of 7")
    expect(page.locator("#notice")).to_be_hidden()


def test_a_server_that_cannot_be_reached(page: Page, watch: Watch, examples: Path) -> None:
    """Said in plain words, and tried again where the network is back."""
    watch.foreseen = ("ERR_INTERNET_DISCONNECTED",)
    drop(page, examples / "he-1.wav")
    page.fill("#text", HEBREW)
    page.context.set_offline(True)
    page.click("#go")
    assert "cannot be reached" in complaint(page)
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#facts")).to_contain_text("7 of 7")


def test_a_recording_past_the_limit_is_not_even_sent(
    pages: Pages, server: Server, examples: Path
) -> None:
    """The page knows the server's limit, and says it."""
    page = pages("/docs")
    settings = {"max_upload_bytes": 5_000, "max_audio_sec": 60.0, "examples": []}
    page.route("**/settings.json", lambda route: route.fulfill(json=settings))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    page.goto(f"{server.url}/ui/")
    expect(page.locator("#language option")).to_have_count(3)
    drop(page, examples / "he-1.wav")
    page.click("#go")
    assert "too large: this server takes up to 5 kB" in complaint(page)
    assert "POST" not in asked


def test_a_busy_server_is_asked_again_after_its_time(
    page: Page, watch: Watch, examples: Path
) -> None:
    """The button counts down what Retry-After said, and then works."""
    watch.foreseen = ("503",)
    error = {"error": {"type": "server_error", "code": "overloaded", "message": "x", "param": None}}
    page.clock.install()
    answer_with(page, error, 503, **{"Retry-After": "4"})
    drop(page, examples / "he-1.wav")
    page.fill("#text", HEBREW)
    page.click("#go")
    assert "The server is busy" in complaint(page)
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_disabled()
    expect(again).to_have_text("Try again in 4 s")
    page.clock.run_for(5_000)
    expect(again).to_have_text("Try again")
    page.unroute("**/align")
    again.click()
    expect(page.locator("#facts")).to_contain_text("7 of 7")


def test_models_that_still_load_are_waited_for(page: Page, watch: Watch, server: Server) -> None:
    """The page asks again until they are there, and then says nothing more of it."""
    watch.foreseen = ("503",)
    error = {"error": {"type": "server_error", "code": "not_ready", "message": "x", "param": None}}
    refused: list[Route] = []

    def refuse(route: Route) -> None:
        refused.append(route)
        if len(refused) < 3:
            route.fulfill(status=503, json=error, headers={"Retry-After": "1"})
        else:
            route.continue_()

    page.route("**/languages", refuse)
    page.goto(f"{server.url}/ui/")
    expect(page.locator("#language option")).to_have_count(3)
    expect(page.locator("#notice")).to_be_hidden()


def test_long_work_shows_how_far_it_is(page: Page, examples: Path) -> None:
    """Progress moves the bar and the words beside it; the result takes their place."""
    listening(page, examples / "he-1.wav")
    assert "stream" in page.evaluate("window.asked")
    expect(page.locator("#work-bar")).not_to_have_attribute("value", "0.25")
    progress = {"stage": "inference", "done_sec": 15.0, "duration_sec": 60.0}
    half = event("progress", progress)
    page.evaluate("text => tell(text)", f": keep-alive\n\n{half[:30]}")
    page.evaluate("text => tell(text)", half[30:])  # events may be cut anywhere
    expect(page.locator("#work-told")).to_have_text("0:15 of 1:00 heard")
    assert page.evaluate("document.querySelector('#work-bar').value") == 0.25
    word = {"word": "הילד", "start": 0.3, "end": 0.9, "score": 0.9, "status": "aligned"}
    result = answer_of([{**word, "char_start": 0, "char_end": 4, "reading": None}], 4.179)
    page.evaluate("text => tell(text)", event("result", result))
    assert words(page) == ["הילד"]


def test_work_can_be_stopped(page: Page, examples: Path) -> None:
    """Esc leads back to the form, as it was."""
    listening(page, examples / "he-1.wav")
    page.keyboard.press("Escape")
    expect(page.locator("#text")).to_have_value(HEBREW)
    expect(page.locator("#notice")).to_be_hidden()


def test_an_error_in_the_middle_of_the_work(page: Page, examples: Path) -> None:
    """An error event is told like any other error."""
    listening(page, examples / "he-1.wav")
    error = {"type": "invalid_request_error", "code": "no_speech", "message": "x", "param": "audio"}
    page.evaluate("text => tell(text)", event("error", {"error": error}))
    assert "it is silent" in complaint(page)


def test_an_answer_that_breaks_off(page: Page, examples: Path) -> None:
    """A stream that ends without a result is no result."""
    listening(page, examples / "he-1.wav")
    page.evaluate("hush()")
    assert "broke before the answer was whole" in complaint(page)


def test_a_failed_edit_keeps_the_text(page: Page, watch: Watch, examples: Path) -> None:
    """What was written stays in the field; the old words stay what they were."""
    watch.foreseen = ("422",)
    aligned(page, examples / "he-1.wav", HEBREW)
    page.click("#edit")
    page.fill("#revised", "123")
    page.click("#realign")
    complaint(page)
    expect(page.locator("#revised")).to_have_value("123")
    page.keyboard.press("Escape")
    assert words(page) == HEBREW.split()


def test_an_hour_of_words_stays_light(page: Page, tmp_path: Path) -> None:
    """Of ten thousand words only those near the window are regions, wherever it is moved."""
    count = 10_000
    long = [
        {
            "word": f"מלה{index}",
            "start": index * HOUR_SEC / count,
            "end": (index + 0.9) * HOUR_SEC / count,
            "score": 0.9,
            "status": "aligned",
            "char_start": 0,
            "char_end": 0,
            "reading": None,
        }
        for index in range(count)
    ]
    text, place = " ".join(str(word["word"]) for word in long), 0
    for word in long:
        word["char_start"], word["char_end"] = place, place + len(str(word["word"]))
        place += len(str(word["word"])) + 1
    answer_with(page, answer_of(long, HOUR_SEC))
    with wave.open(str(tmp_path / "hour.wav"), "wb") as hour:
        hour.setparams((1, 1, LOW_RATE, 0, "NONE", ""))
        hour.writeframes(bytes([SILENCE]) * LOW_RATE * HOUR_SEC)
    page.set_input_files("#file", tmp_path / "hour.wav")
    page.fill("#text", text)
    page.click("#go")
    expect(page.locator("#wave-note")).to_contain_text("not drawn")
    expect(regions(page).first).to_be_attached()
    assert 0 < regions(page).count() <= 240
    assert page.locator("#words .word").count() == count
    strip = "document.querySelector('#wave > div').shadowRoot.querySelector('.scroll')"
    page.evaluate(f"{strip}.scrollLeft = {strip}.scrollWidth / 2")
    expect(regions(page).filter(has_text="מלה5000").first).to_be_attached()
    assert regions(page).filter(has_text="מלה10").count() == 0
    assert regions(page).count() <= 240


def test_a_kind_of_file_that_the_browser_cannot_play(
    page: Page, watch: Watch, examples: Path
) -> None:
    """The words and their times are there all the same, and the page says why nothing plays."""
    watch.foreseen = ("ERR_REQUEST_RANGE", "decode", "media")
    word = {"word": "הילד", "start": 0.3, "end": 0.9, "score": 0.9, "status": "aligned"}
    answer_with(page, answer_of([{**word, "char_start": 0, "char_end": 4, "reading": None}], 4.179))
    drop(page, **{"odd.wav": (examples / "he-1.txt").read_bytes()})
    page.fill("#text", "הילד")
    page.click("#go")
    expect(page.locator("#wave-note")).to_contain_text("cannot play")
    expect(page.locator("#play")).to_be_disabled()
    assert words(page) == ["הילד"]
