"""Deltas come while a recording is heard, as the official client reads them."""

import contextlib
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest
import soundfile
from bundles import RATE, STRIDE, Opener, PlantedModel, path_of, write_bundle
from in_process import served
from numpy.typing import NDArray

from service.errors import InferenceError
from service.ops.settings import Settings
from service.serving.catalogue import Catalogue
from service.windows import WINDOWING, windows

SECONDS = 60
FRAMES = SECONDS * RATE // STRIDE - 1
PLAN = list(
    windows(
        FRAMES,
        round(WINDOWING.kept_sec * RATE / STRIDE),
        round(WINDOWING.context_sec * RATE / STRIDE),
    )
)
WINDOWS = len(PLAN)
SPELLED = "ש_ל_ו_ם_|_ע_ו_ל_ם_|_"
HOLD_SEC = 60.0  # no test waits that long unless it fails


class HeldModel(PlantedModel):
    """Says the same words in every window; before one of them it waits until it is let go."""

    def __init__(self) -> None:
        frames = PLAN[0].last
        path = (path_of(SPELLED) * frames)[:frames]
        path[-1] = path_of("א")[0]  # no delimiter ends the last word
        super().__init__(path)
        self.calls = 0
        self.hold_at: int | None = None
        self.fails_at: int | None = None
        self.holding = threading.Event()
        self.let_go = threading.Event()

    def logits(self, model_input: NDArray[np.float32]) -> NDArray[np.float32]:
        """The planted logits, once they may be had."""
        self.calls += 1
        if self.calls == self.fails_at:
            raise InferenceError("expected logits, got nothing")
        if self.calls == self.hold_at:
            self.holding.set()
            if not self.let_go.wait(HOLD_SEC):
                raise InferenceError("expected to be let go, got no word")
        return super().logits(model_input)


def noise(seconds: float = SECONDS) -> bytes:
    samples = np.random.default_rng(0).normal(0, 0.1, round(seconds * RATE))
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), RATE, format="WAV")
    return buffer.getvalue()


@pytest.fixture
def model() -> HeldModel:
    return HeldModel()


@pytest.fixture
def url(tmp_path: Path, model: HeldModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    write_bundle(tmp_path / "hebrew", id="hebrew")
    catalogue = Catalogue.read(tmp_path, opener=Opener({"hebrew": model}))
    catalogue.load_all()
    model.calls = 0  # what was heard to warm it does not count
    with served(monkeypatch, lambda: catalogue, Settings(workers=1, max_queue=0)) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as client:
        yield client


def streamed(client: openai.OpenAI, audio: bytes) -> openai.Stream[Any]:
    return client.audio.transcriptions.create(
        file=("a.wav", audio), model="hebrew", stream=True, timeout=HOLD_SEC
    )


def test_the_first_delta_comes_before_the_last_window(
    client: openai.OpenAI, model: HeldModel
) -> None:
    """The last window is held until the client has read what the others hold."""
    model.hold_at = WINDOWS
    with streamed(client, noise()) as events:
        deltas = [next(events).delta for _ in range(WINDOWS - 1)]
        assert deltas[0].startswith("שלום עולם")
        model.let_go.set()
        *others, done = events
    deltas += [event.delta for event in others]
    assert {event.type for event in others} == {"transcript.text.delta"}
    assert done.type == "transcript.text.done"
    assert len(deltas) == WINDOWS + 1, "one a window, and the last word"
    assert "".join(deltas) == done.text
    assert model.calls == WINDOWS


def test_every_window_is_told_before_the_next_one(client: openai.OpenAI, model: HeldModel) -> None:
    """While the third is held, the words of the first two can be read, and no others."""
    model.hold_at = 3
    with streamed(client, noise()) as events:
        first_two = [next(events).delta for _ in range(2)]
        model.holding.wait(HOLD_SEC)
        assert model.calls == 3
        model.let_go.set()
        done = list(events)[-1]
    told = "".join(first_two).split()
    assert told == done.text.split()[: len(told)]
    assert len(told) >= 2 * ((PLAN[1].end - PLAN[1].begin) // len(SPELLED)) * SPELLED.count("|") - 2


def test_the_deltas_make_up_the_text_of_the_whole_answer(
    client: openai.OpenAI, model: HeldModel
) -> None:
    """Streamed, whole, and streamed again from what was kept: one text, heard once."""
    audio = noise()
    whole = client.audio.transcriptions.create(file=("a.wav", audio), model="hebrew")
    assert model.calls == WINDOWS
    *deltas, done = streamed(client, audio)
    assert [event.delta for event in deltas] == [whole.text] == [done.text]
    assert model.calls == WINDOWS, "what was heard is kept"


def test_what_a_stream_heard_is_kept(client: openai.OpenAI, model: HeldModel) -> None:
    """The answers after it do not run the model."""
    audio = noise()
    *_, done = streamed(client, audio)
    whole = client.audio.transcriptions.create(file=("a.wav", audio), model="hebrew")
    assert (whole.text, model.calls) == (done.text, WINDOWS)


def test_a_client_that_goes_away_stops_the_work(
    client: openai.OpenAI, model: HeldModel, url: str
) -> None:
    """No window is begun after the one that is being heard."""
    model.hold_at = 2
    with streamed(client, noise()) as events:
        next(events)
        model.holding.wait(HOLD_SEC)
    client.close()
    for _ in range(3):  # once it has answered these, the server knows of the closed connection
        httpx.get(f"{url}/health").raise_for_status()
    model.let_go.set()
    counts: dict[str, int] = {}
    while not counts:
        counts = httpx.get(f"{url}/stats").json()["requests"].get("transcribe", {})
    assert counts == {"client_gone": 1}
    assert model.calls == 2


def test_an_error_in_the_middle_ends_the_events(client: openai.OpenAI, model: HeldModel) -> None:
    """The client raises it, with our code, after what was heard before it."""
    model.fails_at = 3
    events = streamed(client, noise())
    assert [next(events).type for _ in range(2)] == ["transcript.text.delta"] * 2
    with pytest.raises(openai.APIError) as caught:
        next(events)
    assert (caught.value.code, caught.value.type) == ("inference_error", "server_error")


def test_a_full_queue_is_refused_before_any_event(
    client: openai.OpenAI, model: HeldModel, url: str
) -> None:
    """As a status with Retry-After, which the client raises."""
    model.hold_at = 1
    with contextlib.closing(streamed_in_background(client, model)):
        with pytest.raises(openai.InternalServerError) as caught:
            streamed(client, noise(1))
        assert (caught.value.status_code, caught.value.code) == (503, "overloaded")
        assert int(caught.value.response.headers["retry-after"]) >= 1
    assert httpx.get(f"{url}/stats").json()["pool"]["admitted"] == 0


class _Background:
    """A request that waits for its model, until it is closed."""

    def __init__(self, client: openai.OpenAI, model: HeldModel) -> None:
        self._model = model
        self._thread = threading.Thread(target=lambda: list(streamed(client, noise(2))))
        self._thread.start()
        model.holding.wait(HOLD_SEC)

    def close(self) -> None:
        """Let it end."""
        self._model.let_go.set()
        self._thread.join(HOLD_SEC)


def streamed_in_background(client: openai.OpenAI, model: HeldModel) -> _Background:
    return _Background(client, model)
