"""Whole runs of the command line over several recordings, as processes of their own."""

import csv
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from service.cli import main

TIMEOUT_SEC = 120.0
POLL_SEC = 0.02
NAMES = ("he-1", "he-2", "he-3", "hi-1", "hi-2", "hi-3")


@pytest.fixture
def corpus(root: Path, tmp_path: Path) -> Path:
    """A folder of recordings, and a manifest of them with texts of both kinds."""
    lines = ["audio\ttext"]
    for name in NAMES:
        (tmp_path / f"{name}.wav").symlink_to(root / f"examples/{name}.wav")
        text = (root / f"examples/{name}.txt").read_text(encoding="utf-8").strip()
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
        lines.append(f"{name}.wav\t{name}.txt" if name.endswith("1") else f"{name}.wav\t{text}")
    (tmp_path / "pairs.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def command(root: Path, *arguments: object) -> list[str]:
    return [
        sys.executable, "-m", "service", *map(str, arguments), "--models-dir", str(root / "models")
    ]  # fmt: skip


def done(
    root: Path, *arguments: object, stdin: bytes = b""
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        command(root, *arguments),
        cwd=root,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=TIMEOUT_SEC,
    )


def rows(report: Path) -> list[dict[str, str]]:
    if not report.exists():
        return []
    with report.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def finished(report: Path) -> dict[str, str]:
    """Recording -> quality, of what is done."""
    return {line["audio"]: line["quality"] for line in rows(report) if line["status"] == "done"}


def said(folder: Path) -> dict[str, Any]:
    """Every answer of a folder, without what differs from run to run."""
    answers: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".json":
            answers[path.name] = json.loads(path.read_bytes())
            del answers[path.name]["timings"]
        elif path.is_file() and path.name != "report.tsv":
            answers[path.name] = path.read_bytes()
    return answers


def test_a_manifest_is_aligned_whole(root: Path, corpus: Path) -> None:
    """Whatever the number of jobs; a pair that does not belong together is told by its quality."""
    with (corpus / "pairs.tsv").open("a", encoding="utf-8") as file:
        file.write("he-1.wav\tויאמר אלהים יהי אור ויהי אור\tx\nnone.wav\tשלום\n")
    manifest = corpus / "pairs.tsv"
    content = manifest.read_text(encoding="utf-8").replace("audio\ttext", "audio\ttext\tid", 1)
    manifest.write_text(content, encoding="utf-8")
    options = ("--manifest", manifest, "--format", "textgrid,json", "--min-quality", "0.5")
    for jobs in (1, 2):
        out = corpus / f"out-{jobs}"
        ended = done(root, "align", *options, "--output", out, "--jobs", jobs)
        assert ended.returncode == 1
        assert ended.stdout == b""
        assert ended.stderr.decode().splitlines()[-1] == (
            f"7 done, 1 failed, 1 of low quality: {out}/report.tsv"
        )
    assert said(corpus / "out-1") == said(corpus / "out-2")
    assert set(said(corpus / "out-1")) == {
        f"{name}{suffix}" for name in (*NAMES, "x") for suffix in (".json", ".TextGrid")
    }
    table = {line["output"]: line for line in rows(corpus / "out-1/report.tsv")}
    assert all(float(table[f"{name}.TextGrid"]["quality"]) > 0.9 for name in NAMES)
    assert float(table["x.TextGrid"]["quality"]) < 0.5
    assert table[""]["audio"] == "none.wav"
    assert table[""]["status"] == "failed"
    assert int(table["he-1.TextGrid"]["words"]) == 7


@contextmanager
def held_up(root: Path, corpus: Path, name: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A run over the manifest that waits for a recording, a pipe that nobody writes to, and has
    done the two before it.
    """
    recording = corpus / f"{name}.wav"
    recording.unlink()
    os.mkfifo(recording)
    arguments = ("--manifest", corpus / "pairs.tsv", "--output", corpus / "out", "--jobs", 1)
    process = subprocess.Popen(
        command(root, "align", *arguments), cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        deadline = time.monotonic() + TIMEOUT_SEC
        while len(finished(corpus / "out/report.tsv")) < 2:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(POLL_SEC)
        yield process
    finally:
        process.kill()
        process.communicate()
    recording.unlink()
    recording.symlink_to(root / f"examples/{name}.wav")


def resumed(root: Path, corpus: Path, before: Sequence[str]) -> None:
    """The rest is done, and what was done is left as it is."""
    out = corpus / "out"
    stamps = {name: (out / f"{name}.json").stat().st_mtime_ns for name in before}
    ended = done(root, "align", "--manifest", corpus / "pairs.tsv", "--output", out)
    assert ended.returncode == 0
    assert ended.stderr.decode() == f"4 done, {len(before)} done before: {out}/report.tsv\n"
    assert {name: (out / f"{name}.json").stat().st_mtime_ns for name in before} == stamps
    assert set(said(out)) == {f"{name}.json" for name in NAMES}
    assert set(finished(out / "report.tsv")) == {f"{name}.wav" for name in NAMES}


def test_a_run_that_was_killed_goes_on(root: Path, corpus: Path) -> None:
    """It stands in the table what was done; the answers of that are whole."""
    with held_up(root, corpus, "he-3") as process:
        process.kill()
        assert process.wait(TIMEOUT_SEC) == -signal.SIGKILL
    assert set(said(corpus / "out")) == {"he-1.json", "he-2.json"}
    resumed(root, corpus, ("he-1", "he-2"))


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_told_to_stop_leaves_no_half_files(
    root: Path, corpus: Path, number: signal.Signals, status: int
) -> None:
    """Its exit status says so, it says nothing, and the next run goes on."""
    with held_up(root, corpus, "he-3") as process:
        process.send_signal(number)
        (corpus / "he-3.wav").write_bytes(b"")  # waits for who reads it, and ends the reading
        told, complained = process.communicate(timeout=TIMEOUT_SEC)
        assert process.returncode == status
        assert told == b""
        assert b"Traceback" not in complained
    assert {path.name for path in (corpus / "out").iterdir()} == {
        "he-1.json", "he-2.json", "report.tsv"
    }  # fmt: skip
    resumed(root, corpus, ("he-1", "he-2"))


def test_a_terminal_sees_a_bar_and_a_pipe_none(root: Path, corpus: Path) -> None:
    """It counts recordings, and is wiped off before the last line."""
    ours, theirs = pty.openpty()
    arguments = ("align", "--manifest", corpus / "pairs.tsv", "--output")
    process = subprocess.Popen(command(root, *arguments, corpus / "a"), cwd=root, stderr=theirs)
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        shown = b"".join(iter(lambda: read_on(terminal.fileno()), b""))
    assert process.wait(TIMEOUT_SEC) == 0
    assert b" 0 of 6 recordings" in shown
    assert shown.split(b"\r")[-2].endswith(f"6 done: {corpus}/a/report.tsv".encode())
    ended = done(root, *arguments, corpus / "b")
    assert ended.stderr.decode() == f"6 done: {corpus}/b/report.tsv\n"


def read_on(terminal: int) -> bytes:
    """What a terminal shows next; nothing once it is closed."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux answers so when the other side is gone
        return b""


def test_audio_and_text_come_through_pipes(root: Path) -> None:
    """The answers are those that files have."""
    sound, text = root / "examples/he-1.wav", root / "examples/he-1.txt"
    by_file = done(root, "align", sound, "--format", "srt")
    assert by_file.returncode == 0
    assert by_file.stdout.startswith(b"1\n00:00:0")
    piped = done(root, "align", "-", text, "--format", "srt", stdin=sound.read_bytes())
    assert piped.stdout == by_file.stdout
    piped = done(root, "align", sound, "-", "--format", "srt", stdin=text.read_bytes())
    assert piped.stdout == by_file.stdout


def test_a_folder_is_transcribed(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each recording by the model that fits it, in its place below the folder of outputs."""
    for name in ("b/he-1.wav", "hi-1.wav"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).symlink_to(root / "examples" / Path(name).name)
    given = ["transcribe", str(tmp_path / "in"), "--models-dir", str(root / "models")]
    out = tmp_path / "out"
    assert main([*given, "--output", str(out), "--format", "txt,srt"]) == 0
    assert {path.relative_to(out).as_posix() for path in out.rglob("*.*")} == {
        "b/he-1.srt", "b/he-1.txt", "hi-1.srt", "hi-1.txt", "report.tsv"
    }  # fmt: skip
    models = {line["audio"][-8:]: line["model"] for line in rows(out / "report.tsv")}
    assert models == {"he-1.wav": "he-demo", "hi-1.wav": "hi-demo"}
    assert capsys.readouterr().err == f"2 done: {out}/report.tsv\n"


def test_a_folder_aligns_what_has_a_pair(
    root: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What has none is named in the table; outputs within the folder are no inputs."""
    (corpus / "he-2.txt").unlink()
    (corpus / "hi-3.wav").unlink()
    out = corpus / "out"
    given = ["align", str(corpus), "--output", str(out), "--models-dir", str(root / "models")]
    for expected in ("4 done, 2 failed", "0 done, 4 done before, 2 failed"):
        assert main([*given, "--format", "txt"]) == 1
        assert capsys.readouterr().err.endswith(f"{expected}: {out}/report.tsv\n")
    unpaired = {line["audio"] for line in rows(out / "report.tsv") if line["status"] == "unpaired"}
    assert unpaired == {f"{corpus}/he-2.wav", f"{corpus}/hi-3.txt"}


def test_options_of_the_server_reach_the_answers(root: Path, tmp_path: Path) -> None:
    """Widths, marks, highlighted words, characters; the file's suffix tells the format."""
    text = root / "examples/he-1.txt"
    given = ["align", str(root / "examples/he-1.wav"), str(text), "--models-dir"]
    given.append(str(root / "models"))
    subtitles = tmp_path / "a.srt"
    options = ["--max-line-width", "12", "--max-line-count", "1", "--bidi", "marks"]
    assert main([*given, "-o", str(subtitles), *options]) == 0
    lines = subtitles.read_text(encoding="utf-8").splitlines()[2::4]
    assert len(lines) > 2
    assert all(len(line) <= 12 + 2 and line.startswith("\u200f") for line in lines)
    assert main([*given, "-o", str(subtitles), "--highlight-words"]) == 0
    assert "<u>" in subtitles.read_text(encoding="utf-8")
    assert main([*given, "-o", str(tmp_path / "a.whisperx.json"), "--characters"]) == 0
    answer = json.loads((tmp_path / "a.whisperx.json").read_bytes())
    assert answer["segments"][0]["chars"]


def test_a_quality_that_is_too_low_has_its_exit_status(root: Path, tmp_path: Path) -> None:
    """The answer is written all the same."""
    text = tmp_path / "another.txt"
    text.write_text("ויאמר אלהים יהי אור ויהי אור", encoding="utf-8")
    given = ["--models-dir", str(root / "models"), "-o", str(tmp_path / "a.json")]
    sound = str(root / "examples/he-1.wav")
    assert main(["align", sound, str(text), *given, "--min-quality", "0.5"]) == 3
    assert json.loads((tmp_path / "a.json").read_bytes())["quality"] < 0.5
    right = str(root / "examples/he-1.txt")
    assert main(["align", sound, right, *given, "--min-quality", "0.5"]) == 0


def test_subtitles_of_a_folder_are_retimed(root: Path, tmp_path: Path) -> None:
    """Each keeps its name and format; two formats of one recording do not meet."""
    (tmp_path / "he-1.wav").symlink_to(root / "examples/he-1.wav")
    text = (root / "examples/he-1.txt").read_text(encoding="utf-8").strip()
    (tmp_path / "he-1.srt").write_text(
        f"1\n00:00:09,000 --> 00:00:10,000\n{text}\n", encoding="utf-8"
    )
    (tmp_path / "he-1.vtt").write_text(
        f"WEBVTT\n\n00:09.000 --> 00:10.000\n{text}\n", encoding="utf-8"
    )
    given = ["retime", str(tmp_path), "--models-dir", str(root / "models")]
    assert main([*given, "--output", str(tmp_path / "out")]) == 0
    assert b"00:00:00,3" in (tmp_path / "out/he-1.srt").read_bytes()
    assert b"00:00.3" in (tmp_path / "out/he-1.vtt").read_bytes()
    outputs = {line["output"] for line in rows(tmp_path / "out/report.tsv")}
    assert outputs == {"he-1.srt", "he-1.vtt"}


def test_subtitles_are_retimed_in_any_format(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As they came, what was done, and anew; not two of one name."""
    subtitles = tmp_path / "he-1.srt"
    text = (root / "examples/he-1.txt").read_text(encoding="utf-8").strip()
    subtitles.write_text(f"1\n00:00:09,000 --> 00:00:10,000\n{text}\n", encoding="utf-8")
    given = ["retime", str(root / "examples/he-1.wav"), str(subtitles)]
    given += ["--models-dir", str(root / "models"), "--output", str(tmp_path / "out/")]
    assert main([*given, "--format", "file,json,vtt,textgrid"]) == 0
    out = tmp_path / "out"
    assert {path.name for path in out.iterdir()} == {
        f"he-1{suffix}" for suffix in (".srt", ".json", ".vtt", ".TextGrid")
    }
    told = json.loads((out / "he-1.json").read_bytes())
    assert told["subtitles"] == (out / "he-1.srt").read_text(encoding="utf-8")
    assert '"characters"' in (out / "he-1.TextGrid").read_text(encoding="utf-8")
    assert main([*given, "--format", "file,srt"]) == 2
    assert "expected formats with suffixes of their own, got .srt twice" in capsys.readouterr().err


def test_subtitles_come_through_a_pipe(root: Path, tmp_path: Path) -> None:
    """Their format tells the suffix."""
    text = (root / "examples/he-1.txt").read_bytes()
    piped = b"WEBVTT\n\n00:09.000 --> 00:10.000\n" + text
    sound = root / "examples/he-1.wav"
    ended = done(root, "retime", sound, "-", "--output", f"{tmp_path}/", stdin=piped)
    assert ended.returncode == 0
    assert b"00:00.3" in (tmp_path / "he-1.vtt").read_bytes()
