"""What the README says is so: settings, commands and answers."""

import itertools
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers import Server, running_server

from service.ops.settings import ENV_PREFIX, Settings
from service.web.answers.speech import AlignAnswer, TranscribeAnswer

CALL = re.compile(r"(?:`|^    )make ([a-z-]+)", re.MULTILINE)
FIGURE = re.compile(r"0\.\d+")
ANSWER = re.compile(r"```console\n\$ (curl [^\n]*)\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


def test_every_setting_stands_in_the_readme(readme: str) -> None:
    """Name, default and meaning of each, and of no other."""
    rows = re.findall(r"^\| `(KOLVANI_\w+)` \| `(.*?)` \| (.*) \|$", readme, re.MULTILINE)
    expected = [
        (f"{ENV_PREFIX}{name.upper()}", str(field.default), field.description)
        for name, field in Settings.model_fields.items()
    ]
    assert rows == expected


def request_of(command: str, server: Server, root: Path) -> Any:  # noqa: ANN401  # JSON
    """Do what a curl line does: -F fields, @ files, a POST."""
    _, *arguments = shlex.split(command)
    fields = [value for flag, value in itertools.pairwise(arguments) if flag == "-F"]
    files = {}
    for field in fields:
        name, _, value = field.partition("=@")
        files[name] = (Path(value).name, (root / value).read_bytes())
    path = arguments[-1].removeprefix("localhost:8000")
    with server.client() as client:
        return client.post(path, files=files).raise_for_status().json()


def same_but_for_timings(shown: dict[str, Any], answered: dict[str, Any]) -> bool:
    """Scores may differ by rounding between CPUs; everything else is equal."""
    scores = [list(taken_scores(answer)) for answer in (shown, answered)]
    close = all(abs(one - other) < 0.05 for one, other in zip(*scores, strict=True))
    return close and shown == answered


def taken_scores(answer: dict[str, Any]) -> Iterator[float]:
    """Take the scores out of an answer, its timings, and whether it was kept from an earlier
    request; in a sentence, a place is left.
    """
    del answer["timings"], answer["cached"]
    for whole in ("score", "quality"):
        yield answer.pop(whole, 0.0)
    for part in (*answer["words"], *answer.get("segments", ())):
        yield part.pop("score")
    choice = answer["choice"]
    for model, certainty in choice["candidates"].items():
        choice["candidates"][model] = None
        yield certainty
    yield from map(float, FIGURE.findall(choice["reason"]))
    choice["reason"] = FIGURE.sub("...", choice["reason"])


def test_the_readmes_requests_answer_as_printed(readme: str, root: Path, server: Server) -> None:
    """Each curl line gives the answer that stands below it."""
    shown = ANSWER.findall(readme)
    assert len(shown) == 2
    for command, answer in shown:
        assert same_but_for_timings(json.loads(answer), request_of(command, server, root))


@pytest.mark.parametrize(
    ("path", "schema", "clip", "transcript"),
    [("/transcribe", TranscribeAnswer, "hi-1", False), ("/align", AlignAnswer, "he-1", True)],
)
def test_the_api_examples_are_real_answers(
    path: str,
    schema: type[TranscribeAnswer | AlignAnswer],
    clip: str,
    transcript: bool,
    root: Path,
    server: Server,
) -> None:
    """The example in /docs is what the server answers to the README's clip."""
    files = {"audio": (root / f"examples/{clip}.wav").read_bytes()}
    if transcript:
        files["transcript"] = (root / f"examples/{clip}.txt").read_bytes()
    with server.client() as client:
        answer = client.post(path, files=files).raise_for_status().json()
    example = json.loads(json.dumps(schema.model_json_schema()["example"]))
    assert same_but_for_timings(example, answer)


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "CONTRIBUTING.md",
        "docs/EMBEDDED_MODELS.md",
        "docs/BENCHMARKS.md",
        "docs/OPERATIONS.md",
        "docs/PEERS.md",
        "docs/MONITORING.md",
        "docs/SECURITY.md",
    ],
)
def test_documents_are_finished_and_their_links_lead_somewhere(name: str, root: Path) -> None:
    """No place-holder is left, and every relative link is a file."""
    text = (root / name).read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    assert not re.search(r"@@|\{\w*\}", prose)
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert ((root / name).parent / link).is_file(), link


def test_the_makefile_has_the_commands_that_the_readme_names(readme: str, root: Path) -> None:
    """No `make` command is promised that does not exist."""
    targets = re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE)
    others = ("CONTRIBUTING.md", "docs/OPERATIONS.md", "docs/SECURITY.md")
    documents = [readme, *((root / name).read_text(encoding="utf-8") for name in others)]
    named = {name for text in documents for name in CALL.findall(text)}
    assert named <= set(targets)


def test_operations_speak_of_settings_that_exist(root: Path) -> None:
    """Every variable that the guides for operators name is a setting."""
    guides = ("docs/OPERATIONS.md", "docs/SECURITY.md")
    guide = "".join((root / name).read_text(encoding="utf-8") for name in guides)
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"KOLVANI_[A-Z_]+", guide)) <= known
