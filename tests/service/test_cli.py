"""The command line does what the server does, without one."""

import errno
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from bundles import HINDI_LETTERS, write_bundle

from service.batch import status
from service.chunking import Progress
from service.cli import main
from service.formats.options import FormatOptions
from service.recognizer import AlignOptions

UNREAD = "expected a file that can be read, got"


def test_transcribe_prints_the_servers_answer(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON on standard output, exit status 0."""
    monkeypatch.chdir(root)
    assert main(["transcribe", "examples/he-1.wav"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["model"] == "he-demo"
    assert answer["choice"]["by"] == "certainty"
    assert answer["text"] == " ".join(word["word"] for word in answer["words"])


def test_transcribe_skips_silence_where_asked(
    root: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With `--vad auto`; the answer says what was skipped."""
    monkeypatch.chdir(root)
    clip, rate = soundfile.read("examples/he-1.wav", dtype="float32")
    soundfile.write(tmp_path / "a.wav", np.concatenate([clip, np.zeros(15 * rate), clip]), rate)
    skipped = []
    for options in ([], ["--vad", "auto"], ["--vad", "off"]):
        assert main(["transcribe", str(tmp_path / "a.wav"), "--language", "he", *options]) == 0
        skipped.append(len(json.loads(capsys.readouterr().out)["skipped"]))
    assert skipped == [0, 1, 0]


def test_align_prints_every_word(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words as written, with times and scores."""
    monkeypatch.chdir(root)
    assert main(["align", "examples/he-2.wav", "examples/he-2.txt", "--language", "he"]) == 0
    words = json.loads(capsys.readouterr().out)["words"]
    text = (root / "examples/he-2.txt").read_text(encoding="utf-8")
    assert [word["word"] for word in words] == text.split()


def test_align_prints_characters_where_asked(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the text, in order; null otherwise."""
    monkeypatch.chdir(root)
    command = ["align", "examples/he-1.wav", "examples/he-1.txt"]
    assert main([*command, "--characters"]) == 0
    characters = json.loads(capsys.readouterr().out)["characters"]
    text = (root / "examples/he-1.txt").read_text(encoding="utf-8")
    assert [item["char"] for item in characters] == list("".join(text.split()))
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["characters"] is None


SRT = "\ufeff1\r\n00:00:09,000 --> 00:00:10,000\r\nשלום לכם\r\n".encode()


@pytest.fixture
def subtitles(tmp_path: Path) -> Path:
    path = tmp_path / "a.srt"
    path.write_bytes(SRT)
    return path


def test_align_takes_the_options_of_the_server(
    root: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Gaps, segments, and a file of pronunciations."""
    monkeypatch.chdir(root)
    words = Path("examples/he-1.txt").read_text(encoding="utf-8").split()
    text, said = tmp_path / "text.txt", tmp_path / "said.json"
    text.write_text("\n".join([words[0], "HALACH", words[2]]), encoding="utf-8")
    said.write_text(json.dumps({"halach": words[1]}), encoding="utf-8")
    command = ["align", "examples/he-1.wav", str(text), "--segments", "line"]
    assert main([*command, "--pronunciations", str(said)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [word["status"] for word in answer["words"]] == ["aligned"] * 3
    assert [item["text"] for item in answer["segments"]] == [words[0], "HALACH", words[2]]
    assert answer["unwritten"]
    assert main([*command, "--gaps", "none"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["words"][1]["status"] == "interpolated"
    assert answer["unwritten"] == []


@pytest.mark.parametrize("content", [b"[]", '{"NATO": "נאטו"}'.encode("cp1255"), b"\xff\xfe"])
def test_pronunciations_that_cannot_be_read_are_told(
    root: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
) -> None:
    """What is no JSON object, and what is no UTF-8."""
    monkeypatch.chdir(root)
    said = tmp_path / "said.json"
    said.write_bytes(content)
    assert (
        main(["align", "examples/he-1.wav", "examples/he-1.txt", "--pronunciations", str(said)])
        == 1
    )
    error = json.loads(capsys.readouterr().err)["error"]
    assert (error["code"], error["param"]) == ("invalid_field", "pronunciations")


def test_retime_prints_the_corrected_file(
    root: Path,
    subtitles: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Byte for byte but for its times."""
    monkeypatch.chdir(root)
    assert main(["retime", "examples/he-2.wav", str(subtitles)]) == 0
    printed = capsysbinary.readouterr().out
    assert printed[:6] == SRT[:6]
    assert printed[35:] == SRT[35:]
    assert printed.startswith(b"00:00:00,3", 6)


def test_retime_writes_the_files_that_are_asked_for(
    root: Path,
    subtitles: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The corrected file may take the place of the old one; the report is the server's answer."""
    monkeypatch.chdir(root)
    report = subtitles.with_name("report.json")
    command = ["retime", "examples/he-2.wav", str(subtitles), "--linger-sec", "1"]
    assert main([*command, "-o", str(subtitles), "--report", str(report)]) == 0
    assert capsysbinary.readouterr().out == b""
    told = json.loads(report.read_bytes())
    assert told["subtitles"].encode() == subtitles.read_bytes().removeprefix(b"\xef\xbb\xbf")
    assert [cue["status"] for cue in told["cues"]] == ["retimed"]
    assert {path.name for path in subtitles.parent.iterdir()} == {"a.srt", "report.json"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["examples/he-1.txt"], '"code": "unsupported_subtitles"'),
        (["SRT", "--tier", "words"], '"param": "tier"'),
        (["none.srt"], f"error: none.srt: {UNREAD}: No such file"),
        (["SRT", "-o", "none/a.srt"], "error: none/a.srt: expected a file that can be written"),
        (["SRT", "--report", "docs"], "error: docs: expected a file that can be written"),
    ],
)
def test_retime_tells_what_is_wrong(
    root: Path,
    subtitles: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    told: str,
) -> None:
    """On standard error, with nothing on the other."""
    monkeypatch.chdir(root)
    given = [str(subtitles) if item == "SRT" else item for item in arguments]
    assert main(["retime", "examples/he-1.wav", *given]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert told in captured.err
    assert subtitles.read_bytes() == SRT


def test_a_linger_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """As argparse tells it."""
    for given in ("-1", "x", "nan"):
        with pytest.raises(SystemExit, match="2"):
            main(["retime", "a.wav", "a.srt", "--linger-sec", given])
        assert f"--linger-sec: expected 0 to 10, got {given}" in capsys.readouterr().err


def test_a_report_in_the_place_of_the_subtitles_is_wrong_usage(
    root: Path,
    subtitles: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However the file is named, and before anything is heard; a device takes both."""
    monkeypatch.chdir(root)
    link = subtitles.with_name("link.srt")
    link.symlink_to(subtitles.name)
    command = ["retime", "examples/he-2.wav", str(subtitles)]
    for report in (subtitles, link, subtitles.parent / "." / "a.srt"):
        assert main([*command, "-o", str(subtitles), "--report", str(report)]) == 2
        assert b"expected two files for --output and --report" in capsysbinary.readouterr().err
    assert subtitles.read_bytes() == SRT
    assert main([*command, "-o", "/dev/null", "--report", "/dev/null"]) == 0


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_a_command_that_is_terminated_clears_its_bar(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status is the shell's for SIGTERM, whose handler is what it was before."""

    def terminated(*_: object, on_progress: Progress, **__: object) -> None:
        on_progress(0.1)
        signal.raise_signal(signal.SIGTERM)

    terminal = Terminal()
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("service.progress.LEAST_SEC", 0.0)
    monkeypatch.setattr("service.progress.OFTEN_SEC", 0.0)
    monkeypatch.setattr("service.serving.dispatch.transcribe", terminated)
    with pytest.raises(SystemExit, match="143"):
        main(["transcribe", "examples/he-1.wav"])
    assert "placing the words" in terminal.getvalue()
    assert re.search(r"\r *\r$", terminal.getvalue())
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_answer_that_cannot_be_written_is_told(root: Path) -> None:
    """One line on standard error, also where the disk is full."""
    command = [sys.executable, "-m", "service", "align", "examples/he-1.wav", "examples/he-1.txt"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, cwd=root, check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr == (
        "error: standard output: expected a file that can be written, got: "
        "No space left on device\n"
    )


INTERRUPTED_IMPORT = """
import runpy, signal, sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == "service.cli":
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
runpy.run_module("service", run_name="__main__")
"""


def test_an_interrupt_while_modules_are_imported_is_quiet(root: Path) -> None:
    """The status is the shell's."""
    command = [sys.executable, "-c", INTERRUPTED_IMPORT]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["transcribe", "examples/he-1.txt"], 1, '"code": "unsupported_audio"'),
        (["transcribe", "none.wav"], 1, f"error: none.wav: {UNREAD}: No such file"),
        (["transcribe", "examples"], 2, "expected --output with a folder for several recordings"),
        (["align", "examples", "examples/he-1.txt"], 2, "expected texts beside the recordings of"),
        (["align"], 2, "expected a recording or --manifest, got neither"),
        (["align", "a.wav", "--manifest", "a.tsv"], 2, "or --manifest, got both"),
        (["align", "-", "-"], 2, "expected a text file beside a recording from standard input"),
        (["align", "-"], 2, "expected a text file beside a recording from standard input"),
        (["align", "none.wav"], 1, f"error: none.txt: {UNREAD}: No such"),
        (["align", "--manifest", "none.tsv", "-o", "x/"], 1, f"error: none.tsv: {UNREAD}: No such"),
        (["retime", "examples/he-1.wav"], 2, "expected subtitles for the recording"),
        (["retime", "-", "-"], 2, "got it for both"),
        (["retime", "examples", "a.srt"], 2, "expected subtitles beside the recordings"),
        (["transcribe", "-", "examples/he-1.wav"], 2, "expected - alone or not at all"),
        (["transcribe", "examples/he-1.wav", "--jobs", "2"], 2, "--jobs for several recordings"),
        (
            ["transcribe", "examples/he-1.wav", "--report", "a"],
            2,
            "--report for several recordings",
        ),
        (["transcribe", "examples/he-1.wav", "--format", "srt,txt"], 2, "for several formats"),
        (["transcribe", "examples/*.mp3", "-o", "x"], 1, "expected a pattern that files match"),
        (["transcribe", "docs", "-o", "x"], 1, "expected a folder with recordings, got docs"),
        (["transcribe", "examples", "-o", "README.md"], 2, "got the file README.md"),
        (["transcribe", "examples/he-1.wav", "--max-cue-sec", "0"], 2, "expected max_cue_sec from"),
        (["transcribe", "none.wav", "--max-line-width", "9" * 400], 2, "expected max_line_width"),
        (["align", "examples/he-1.wav", "docs"], 1, f"error: docs: {UNREAD}: Is a directory"),
        (["align", "examples/he-1.wav", "none.txt"], 1, f"error: none.txt: {UNREAD}: No such"),
        (["transcribe", "examples/he-1.wav", "--model", "x"], 1, '"code": "unknown_model"'),
        (["transcribe", "examples/he-1.wav", "--language", "xx"], 1, "auto or one of the"),
        (["align", "examples/he-1.wav", "examples/he-2.wav"], 1, '"code": "invalid_field"'),
        (["transcribe", "examples/he-1.wav", "--models-dir", "docs"], 1, "manifest.json"),
    ],
)
def test_errors_are_told_on_standard_error(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
    told: str,
) -> None:
    """The one error shape, and a status that says failure."""
    monkeypatch.chdir(root)
    assert main(arguments) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert told in captured.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["transcribe", "a.wav", "-o", "a.wav"],
        ["transcribe", "link.wav", "-o", "a.wav"],
        ["align", "a.wav", "-o", "./a.wav"],
        ["align", "a.wav", "-o", "a.txt"],
        ["align", "a.wav", "--format", "txt", "-o", "."],
        ["retime", "a.wav", "a.srt", "-o", "a.wav"],
        ["retime", "a.wav", "a.srt", "-o", "b.srt", "--report", "a.wav"],
        ["retime", "a.wav", "a.srt", "-o", "./", "--report", "a.srt"],
    ],
)
def test_no_answer_is_written_over_what_it_is_made_of(
    tmp_path: Path,
    root: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    """However it is named, and before anything is heard. Models are not even loaded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KOLVANI_MODELS_DIR", str(root / "models"))
    for name in ("a.wav", "a.txt", "a.srt"):
        Path(name).write_bytes(b"no sound")
    Path("link.wav").symlink_to("a.wav")
    assert main(arguments) == 2
    assert "expected --output apart" in (told := capsys.readouterr().err) or "two files" in told
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"no sound"}


def test_a_fault_of_the_system_without_a_file_is_told_plainly(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a disk that has no room for long audio: no name is made up."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.chdir(root)
    monkeypatch.setattr("service.batch.hearing.decode", fail)
    assert main(["transcribe", "examples/he-1.wav"]) == 1
    assert capsys.readouterr().err == f"error: {UNREAD}: {os.strerror(errno.EIO)}\n"


def test_only_the_model_that_answers_is_loaded(
    tmp_path: Path,
    root: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model of another language need not even load; the answer says what decided."""
    monkeypatch.chdir(root)
    (tmp_path / "he-demo").symlink_to(root / "models/he-demo")
    write_bundle(tmp_path / "hindi", HINDI_LETTERS, id="hindi", language="hi")  # has no graph
    spoken = ["examples/he-1.wav", "examples/he-1.txt", "--models-dir", str(tmp_path)]
    for extra, by in (
        ([], "script"),
        (["--language", "auto"], "script"),
        (["--language", "he"], "request"),
    ):
        assert main(["align", *spoken, *extra]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["model"], answer["choice"]["by"]) == ("he-demo", by)
    assert main(["align", *spoken, "--language", "hi"]) == 1
    assert '"code": "bundle_error"' in capsys.readouterr().err


def test_a_default_that_does_not_load_is_passed_over(
    tmp_path: Path,
    root: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The language's next model answers, and the reason names the one before it."""
    monkeypatch.chdir(root)
    for name in ("he-demo", "hi-demo"):
        (tmp_path / name).symlink_to(root / "models" / name)
    write_bundle(tmp_path / "real", HINDI_LETTERS, id="real", language="hi")  # has no graph
    options = ["--models-dir", str(tmp_path)]
    text = ["examples/hi-1.txt"]
    for command, *rest in (
        ("transcribe", *options),
        ("transcribe", *options, "--language", "hi"),
        ("align", *text, *options),
        ("align", *text, *options, "--language", "hi"),
    ):
        assert main([command, "examples/hi-1.wav", *rest]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["model"] == "hi-demo"
        assert answer["choice"]["reason"].endswith("passed over, as it does not load: real")


def test_wrong_settings_stop_the_start(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting out of its range is named, with status 2."""
    monkeypatch.setenv("KOLVANI_MAX_AUDIO_SEC", "-1")
    assert main(["serve"]) == 2
    assert "max_audio_sec" in capsys.readouterr().err


def test_the_module_runs(root: Path) -> None:
    """`python -m service` explains itself."""
    command = [sys.executable, "-m", "service", "--help"]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    assert "transcribe" in done.stdout


@pytest.mark.parametrize(
    "command", [[], ["transcribe"], ["align"], ["retime"], ["models"], ["doctor"], ["serve"]]
)
def test_help_tells_every_exit_status(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of each command."""
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--help"])
    told = capsys.readouterr().out
    known = (status.DONE, status.FAILED, status.USAGE, status.LOW_QUALITY)
    for number in (*known, status.INTERRUPTED, status.TERMINATED):
        assert re.search(rf"^  {number} ", told, re.MULTILINE)


def test_every_option_of_the_server_is_one_here(capsys: pytest.CaptureFixture[str]) -> None:
    """By the same name, with dashes."""
    fields = set(AlignOptions.__dataclass_fields__) | set(FormatOptions.__dataclass_fields__)
    fields = (fields - {"with_characters"}) | {"characters", "language", "model", "format"}
    with pytest.raises(SystemExit, match="0"):
        main(["align", "--help"])
    told = capsys.readouterr().out
    for name in fields:
        assert f"--{name.replace('_', '-')}" in told


def test_a_taken_port_is_a_failure(root: Path, tmp_path: Path) -> None:
    """The exit status is that of what failed, not the web server's own."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = subprocess.run(
            [sys.executable, "-m", "service", "serve", "--port", str(taken.getsockname()[1])],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(root),
                "KOLVANI_MODELS_DIR": str(root / "models"),
            },
            capture_output=True,
            check=False,
        )
    assert ran.returncode == status.FAILED
    assert b"address already in use" in ran.stderr + ran.stdout
