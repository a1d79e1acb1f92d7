"""The embedded models side by side, over a real server, beside a broken one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from bundles import HINDI_LETTERS, write_bundle
from servers import Server, running_server


def write_models(folder: Path, root: Path) -> Path:
    """he-demo, hi-demo, and other-demo, whose graph is none."""
    folder.mkdir()
    for name in ("he-demo", "hi-demo"):
        (folder / name).symlink_to(root / "models" / name)
    write_bundle(folder / "other-demo", id="other-demo", language="he")
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    return write_models(tmp_path_factory.mktemp("two") / "models", root)


@pytest.fixture(scope="module")
def server(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server"), models_dir=models) as running:
        yield running


@pytest.fixture(scope="module")
def clip(root: Path) -> bytes:
    return (root / "examples/he-1.wav").read_bytes()


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "examples/he-1.txt").read_text(encoding="utf-8")


def post(client: httpx.Client, task: str, audio: bytes, **fields: str) -> Any:  # noqa: ANN401  # JSON
    response = client.post(f"/{task}", files={"audio": audio}, data=fields)
    return response.raise_for_status().json()


@pytest.mark.parametrize("fields", [{}, {"language": "auto"}, {"language": ""}])
def test_transcribe_takes_the_most_certain_model(
    client: httpx.Client, clip: bytes, fields: dict[str, str]
) -> None:
    """The answer is that of the model of the highest figure, as if it had been named."""
    answer = post(client, "transcribe", clip, **fields)
    choice = answer["choice"]
    assert choice["by"] == "certainty"
    figures = choice["candidates"]
    assert figures["he-demo"] > figures["hi-demo"] > 0
    assert answer["model"] == "he-demo"
    assert f"{answer['model']} is certain to {figures[answer['model']]:.2f}" in choice["reason"]
    assert "language" in answer["timings"]
    named = post(client, "transcribe", clip, model=answer["model"])
    assert named["words"] == answer["words"]
    assert named["choice"]["by"] == "request"


@pytest.mark.parametrize(("name", "model"), [("he-2", "he-demo"), ("hi-2", "hi-demo")])
def test_align_takes_the_model_of_the_texts_script(
    client: httpx.Client, root: Path, name: str, model: str
) -> None:
    """Each text goes to the model that writes like it, whatever is heard."""
    spoken = (root / f"examples/{name}.wav").read_bytes()
    written = (root / f"examples/{name}.txt").read_text(encoding="utf-8")
    answer = post(client, "align", spoken, transcript=written)
    assert (answer["model"], answer["choice"]["by"]) == (model, "script")
    assert answer["choice"]["candidates"][model] == 1
    assert [word["word"] for word in answer["words"]] == written.split()
    assert {word["status"] for word in answer["words"]} == {"aligned"}


def test_digits_alone_decide_no_language(client: httpx.Client, clip: bytes) -> None:
    """422 with the scripts that are known; with a language they are read aloud in it, and that is
    not what the clip says.
    """
    form = {"files": {"audio": clip}, "data": {"transcript": "42"}}
    response = client.post("/align", **form)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (422, "undecided_language")
    assert error["param"] == "language"
    assert error["scripts_known"] == ["DEVANAGARI", "HEBREW"]
    form["data"]["language"] = "he"
    (word,) = client.post("/align", **form).raise_for_status().json()["words"]
    assert (word["word"], word["status"]) == ("42", "not_found")


def test_model_and_language_must_agree(client: httpx.Client, clip: bytes) -> None:
    """400 for a language of another model; `auto` agrees with all."""
    refused = client.post(
        "/transcribe", files={"audio": clip}, data={"model": "he-demo", "language": "hi"}
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_field")
    assert post(client, "transcribe", clip, model="hi-demo", language="auto")["language"] == "hi"


def test_languages_and_models_are_listed(client: httpx.Client) -> None:
    """Languages with their defaults; models with manifest, report and size; the broken apart."""
    assert client.get("/languages").raise_for_status().json() == {
        "languages": [
            {"language": "he", "models": ["he-demo"], "default": "he-demo"},
            {"language": "hi", "models": ["hi-demo"], "default": "hi-demo"},
        ]
    }
    listed = client.get("/models").raise_for_status().json()
    hebrew, hindi = listed["models"]
    assert (hebrew["id"], hebrew["script"]) == ("he-demo", "HEBREW")
    assert (hindi["id"], hindi["script"]) == ("hi-demo", "DEVANAGARI")
    assert (hebrew["units"], hindi["units"]) == ("characters", "characters")
    assert hebrew["report"]["agreement"] > 0.9
    assert hebrew["licence"] == "Apache-2.0"
    assert hebrew["file_bytes"] > 1_000_000
    assert set(listed["broken"]) == {"other-demo"}
    assert "graph that loads" in listed["broken"]["other-demo"]
    assert client.get("/models/hi-demo").raise_for_status().json() == hindi
    unknown = client.get("/models/nope")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_model")


def test_each_models_memory_is_told(client: httpx.Client) -> None:
    """/stats and /metrics have it for every model that is loaded."""
    sound = {"he-demo", "hi-demo"}
    states = {state["id"]: state for state in client.get("/stats").json()["models"]}
    metrics = client.get("/metrics").text
    assert {name for name, state in states.items() if state["loaded"]} == sound
    assert "graph that loads" in states["other-demo"]["fault"]
    for name in sound:
        assert states[name]["memory_bytes"] > 1_000_000
        assert f'kolvani_model_memory_bytes{{model="{name}"}}' in metrics
        assert f'kolvani_model_file_bytes{{model="{name}"}}' in metrics
    assert 'kolvani_model_memory_bytes{model="other-demo"}' not in metrics


def test_models_may_wait_for_their_first_request(
    tmp_path: Path, models: Path, clip: bytes, text: str
) -> None:
    """Ready with nothing loaded; requests at one moment load what they need, once, and a graph
    that does not load is a fault of its own.
    """
    settings: dict[str, object] = {"models_dir": models, "load": "first_use"}
    with running_server(tmp_path, **settings) as lazy, lazy.client() as client:
        assert client.get("/readyz").json()["broken"] == {}
        assert not any(state["loaded"] for state in client.get("/stats").json()["models"])
        assert "model_memory_bytes{" not in client.get("/metrics").text

        with ThreadPoolExecutor(6) as threads:
            answers = list(
                threads.map(lambda _: post(client, "align", clip, transcript=text), range(6))
            )
        assert {answer["model"] for answer in answers} == {"he-demo"}

        fields = {"model": "other-demo", "transcript": text}
        for _ in range(2):
            response = client.post("/align", files={"audio": clip}, data=fields)
            assert (response.status_code, response.json()["error"]["code"]) == (500, "bundle_error")
        assert "graph that loads" in client.get("/readyz").json()["broken"]["other-demo"]
        states = {state["id"]: state["loaded"] for state in client.get("/stats").json()["models"]}
        assert states == {"other-demo": False, "he-demo": True, "hi-demo": False}
        assert lazy.log.read_text().count("model he-demo is ready") == 1
        assert post(client, "align", clip, transcript=text)["words"] == answers[0]["words"]


def test_a_default_that_fails_at_first_use_leaves_its_language_served(
    tmp_path: Path, root: Path
) -> None:
    """The next model of the language answers from the first request on, unless it was named."""
    folder = write_models(tmp_path / "models", root)
    write_bundle(folder / "real", HINDI_LETTERS, id="real", language="hi")
    clip = (root / "examples/hi-1.wav").read_bytes()
    settings: dict[str, object] = {"models_dir": folder, "load": "first_use"}
    with running_server(tmp_path / "s", **settings) as lazy, lazy.client() as client:
        for fields in ({"language": "hi"}, {}):
            answer = post(client, "transcribe", clip, **fields)
            assert answer["model"] == "hi-demo"
            assert "does not load: real" in answer["choice"]["reason"]
        response = client.post("/transcribe", files={"audio": clip}, data={"model": "real"})
        assert (response.status_code, response.json()["error"]["code"]) == (500, "bundle_error")


def test_a_server_whose_only_model_fails_later_is_not_ready_any_more(
    tmp_path: Path, clip: bytes
) -> None:
    """Ready by its manifest; then /readyz, and requests that name nothing, tell the fault."""
    write_bundle(tmp_path / "models/only", id="only")
    settings: dict[str, object] = {"models_dir": tmp_path / "models", "load": "first_use"}
    with running_server(tmp_path / "s", **settings) as lazy, lazy.client() as client:
        for _ in range(2):
            response = client.post("/transcribe", files={"audio": clip})
            assert (response.status_code, response.json()["error"]["code"]) == (500, "bundle_error")
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["error"]["code"]) == (503, "not_ready")
        assert "graph that loads" in ready.json()["error"]["message"]
        assert client.get("/health").status_code == 200
        assert client.get("/languages").json() == {"languages": []}
        assert "graph that loads" in client.get("/models/only").json()["fault"]
