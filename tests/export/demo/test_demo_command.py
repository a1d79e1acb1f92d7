"""One command makes each embedded model: from texts, through the exporter, to figures."""

import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from export.demo import __main__ as command
from export.demo.hebrew import recipe as hebrew_recipe
from export.demo.hindi import recipe as hindi_recipe
from export.demo.hindi.corpus import Split
from export.demo.speech.mixture import BatchPlan

VERSE = "בְּרֵאשִׁית בָּרָא אֱלֹהִים"


class Stage:
    """Stands in for the exporter and the bundle; notes what they were asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.exported: list[str] = []
        self.opened: list[Path] = []
        self.status = 0
        monkeypatch.setattr(command, "export_main", self.export)
        monkeypatch.setattr(command, "open_bundle", self.opened.append)
        monkeypatch.setattr(command, "Recognizer", SimpleNamespace(load=lambda _: "recognizer"))

    def export(self, arguments: Sequence[str]) -> int:
        """The exporter's exit status."""
        self.exported = list(arguments)
        return self.status


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, root: Path) -> Stage:
    monkeypatch.chdir(root)  # the probes are the repository's examples
    return Stage(monkeypatch)


def probes(language: str) -> list[str]:
    return [f"examples/{language}-{index}.wav" for index in (1, 2, 3)]


@pytest.fixture
def hindi(
    hindi_texts: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """Arguments that make a tiny model of one step."""
    plan = BatchPlan(seconds=4.0, word_counts=(2,), weights=(1.0,), recorded_share=0.0)
    monkeypatch.setattr(hindi_recipe, "PLAN", plan)
    texts = ["--sentences", str(hindi_texts[0]), "--words", str(hindi_texts[1])]
    places = ["--work", str(tmp_path), "--output", str(tmp_path / "models")]
    return ["hi", *texts, *places, "--tokens-dir", str(tmp_path / "tokens"), "--steps", "1"]


@pytest.mark.usefixtures("tiny_conformer")
def test_hindi_goes_from_texts_to_figures(
    stage: Stage,
    hindi: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A .nemo file is trained and exported under its id, and the bundle measured; a second run
    resumes with what is there.
    """
    asked: list[object] = []

    def evaluate(listener: object, split: Split, *, festival: bool) -> dict[str, float]:
        asked.extend([listener, len(split.held_out_lines), festival])
        return {"cer": 0.5}

    monkeypatch.setattr(command, "evaluate_hindi", evaluate)
    assert command.main(hindi) == 0
    assert stage.exported == [
        "nemo",
        *("--checkpoint", str(tmp_path / "hi-demo.nemo"), "--id", "hi-demo", "--language", "hi"),
        *("--output", str(tmp_path / "models"), "--tokens-dir", str(tmp_path / "tokens")),
        *("--licence", "Apache-2.0", "--reduce-range", "--probe", *probes("hi")),
    ]
    with tarfile.open(tmp_path / "hi-demo.nemo") as archive:
        names = {Path(name).name for name in archive.getnames()}
    assert {"model_config.yaml", "model_weights.ckpt"} <= names
    assert stage.opened == [tmp_path / "models/hi-demo"]
    assert asked == ["recognizer", 10, False]
    assert json.loads((tmp_path / "evaluation.json").read_text()) == {"cer": 0.5}
    assert json.loads(capsys.readouterr().out) == {"cer": 0.5}
    pieces = (tmp_path / "tokenizer/tokenizer.model").read_bytes()
    assert command.main(hindi) == 0
    assert (tmp_path / "tokenizer/tokenizer.model").read_bytes() == pieces


def test_a_failed_export_ends_it(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exporter's status is the command's, and nothing is measured."""
    monkeypatch.setattr(hebrew_recipe, "train", lambda *_: None)
    text = tmp_path / "verses.txt"
    text.write_text("\n".join([VERSE] * 8), encoding="utf-8")
    stage.status = 1
    arguments = ["he", "--text", str(text), "--work", str(tmp_path), "--id", "other"]
    assert command.main(arguments) == 1
    assert stage.exported == [
        "hf",
        *("--checkpoint", str(tmp_path / "checkpoint"), "--id", "other", "--language", "he"),
        *("--output", "models", "--tokens-dir", "tokens"),
        *("--licence", "Apache-2.0", "--reduce-range", "--probe", *probes("he")),
    ]
    assert (tmp_path / "checkpoint/config.json").is_file()
    assert stage.opened == []


def test_a_missing_festival_is_told_before_the_training(
    stage: Stage,
    hindi: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line, with the packages to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command.main([*hindi, "--festival"]) == 1
    assert "apt-get install festival" in capsys.readouterr().err
    assert stage.exported == []
    assert not (tmp_path / "tokenizer").exists()


def test_texts_that_the_pieces_cannot_spell_are_refused(
    stage: Stage,
    hindi: list[str],
    tmp_path: Path,
    tokenizer: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A work folder of other texts has a tokenizer that lacks letters: they would be unknown."""
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer/tokenizer.model").write_bytes(
        (tokenizer / "tokenizer.model").read_bytes()
    )
    words = Path(hindi[hindi.index("--words") + 1])
    other = tmp_path / "words.txt"
    other.write_text(words.read_text(encoding="utf-8") + "\nञ 1\n", encoding="utf-8")
    assert command.main([*hindi, "--words", str(other)]) == 1
    assert "ञ" in capsys.readouterr().err
    assert stage.exported == []
