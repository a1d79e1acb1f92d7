"""The command line itself."""

from pathlib import Path

import pytest

from export import __main__ as command
from export.__main__ import DEFAULT_CHECKPOINT, main
from export.errors import CheckpointUnreachable
from export.pipeline import Exported, Options


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["hf", "--id", "../elsewhere"],
        ["hf", "--id", ".hidden"],
        ["hf", "--checkpoint", ".", "--id", "here", "--revision", "main"],
        ["hf", "--lengths", "many"],
    ],
)
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    """What cannot be meant is refused before anything is loaded."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


def test_the_real_hebrew_checkpoint_is_the_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without arguments: the Hebrew XLS-R, named after its last part, into models and tokens."""
    seen: list[Options] = []

    def refuse(options: Options) -> Exported:
        seen.append(options)
        raise CheckpointUnreachable(options.checkpoint, expected="the hub", got="a test")

    monkeypatch.setattr(command, "export_huggingface", refuse)
    assert main(["hf"]) == 1
    assert capsys.readouterr().err == f"error: {DEFAULT_CHECKPOINT}: expected the hub, got a test\n"
    (options,) = seen
    assert options.checkpoint == "imvladikon/wav2vec2-xls-r-300m-hebrew"
    assert (options.id, options.language) == ("wav2vec2-xls-r-300m-hebrew", "he")
    assert (options.output, options.tokens_dir) == (Path("models"), Path("tokens"))
    assert options.lengths is None
