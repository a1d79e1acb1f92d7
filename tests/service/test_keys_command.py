"""`python -m service keys`, and a start with a broken file."""

from pathlib import Path

import pytest

from service.access.keys import find
from service.access.lines import read_keys
from service.cli import main


def test_a_new_key_is_shown_once_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output has what the file takes, standard error the key, each alone."""
    arguments = ["keys", "new", "studio", "--scope", "align", "--scope", "read"]
    assert main([*arguments, "--requests", "60/minute", "--audio", "unlimited"]) == 0
    told = capsys.readouterr()
    (line,), (secret,) = told.out.splitlines(), told.err.splitlines()
    (key,) = read_keys(line)
    assert find([key], secret) == key
    assert (key.name, key.scopes) == ("studio", {"align", "read"})
    assert key.own["audio"] is None
    assert secret not in line


@pytest.mark.parametrize(
    "arguments", [["no name"], ["studio", "--requests", "many"], ["studio", "--audio", "0/day"]]
)
def test_a_wrong_wish_makes_no_key(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What was expected is said, and nothing is printed that looks like a key."""
    assert main(["keys", "new", *arguments]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "expected" in told.err


def test_a_file_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names, scopes and limits, without hashes; a broken one by its line."""
    main(["keys", "new", "studio", "--requests", "60/minute"])
    (line,) = capsys.readouterr().out.splitlines()
    file = tmp_path / "api-keys"
    file.write_text(f"{line}\n")
    assert main(["keys", "check", str(file)]) == 0
    assert capsys.readouterr().out == "studio transcribe,align,retime,read requests=60/minute\n"
    file.write_text(f"{line}\nstudio\n")
    assert main(["keys", "check", str(file)]) == 1
    assert "line 2" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "studio\n"])
def test_a_broken_file_ends_the_start(
    content: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With a message, before anybody is served."""
    file = tmp_path / "api-keys"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("KOLVANI_API_KEYS_FILE", str(file))
    assert main(["serve", "--port", "0"]) == 1
    assert "expected" in capsys.readouterr().err
