"""The command line itself."""

from pathlib import Path

import pytest

from export import __main__ as command
from export.__main__ import main
from export.errors import CheckpointUnreachable
from export.pipeline import Exported, Fetch, Options


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["hf", "--id", "../elsewhere"],
        ["hf", "--id", ".hidden"],
        ["hf", "--checkpoint", ".", "--id", "here", "--revision", "main"],
        ["hf", "--lengths", "many"],
        ["hf", "--lengths", "399"],
        ["hf", "--units", "words"],
        ["nemo", "--lengths", "159"],
        ["nemo", "--mel-dialect", "kaldi"],
        ["nemo", "--id", ".hidden"],
    ],
)
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    """What cannot be meant is refused before anything is loaded."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


@pytest.mark.parametrize(
    ("source", "checkpoint", "name", "language"),
    [
        (
            "hf",
            "imvladikon/wav2vec2-xls-r-300m-hebrew",
            "wav2vec2-xls-r-300m-hebrew",
            "he",
        ),
        ("nemo", "stt_hi_conformer_ctc_medium", "stt_hi_conformer_ctc_medium", "hi"),
    ],
)
def test_the_real_checkpoints_are_the_defaults(
    source: str,
    checkpoint: str,
    name: str,
    language: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without arguments: the real model, named after its last part, into models and tokens."""
    seen: list[Options] = []

    def refuse(_: Fetch, options: Options) -> Exported:
        seen.append(options)
        raise CheckpointUnreachable(options.checkpoint, expected="the hub", got="a test")

    monkeypatch.setattr(command, "export", refuse)
    assert main([source]) == 1
    assert capsys.readouterr().err == f"error: {checkpoint}: expected the hub, got a test\n"
    options = seen[0]
    assert (options.checkpoint, options.id, options.language) == (checkpoint, name, language)
    assert (options.output, options.tokens_dir) == (Path("models"), Path("tokens"))
    assert options.lengths is None
    assert not options.reduce_range
    assert main([source, "--reduce-range"]) == 1
    assert seen[1].reduce_range


def test_a_nemo_files_bundle_is_named_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without folder and suffix."""
    seen: list[Options] = []

    def refuse(_: Fetch, options: Options) -> Exported:
        seen.append(options)
        raise CheckpointUnreachable("x", expected="y", got="z")

    monkeypatch.setattr(command, "export", refuse)
    assert main(["nemo", "--checkpoint", "somewhere/my.model.nemo"]) == 1
    assert seen[0].id == "my.model"
