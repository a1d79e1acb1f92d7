"""An hour in one call: memory, time and errors of `python -m service align`.

    .venv-export/bin/python -m export.demo hour --text VERSES.txt --output build/hour
    .venv/bin/python -m bench.hour --folder build/hour

The command line runs in a process of its own for each text: the one that was said, one that lacks a
tenth of the sentences and has as many that were not said, and one of which nothing was said. A
sentence is off by the larger of the errors of its start and its end.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).parents[1]
AUDIO, TEXT, SENTENCES = "audio.wav", "text.txt", "sentences.tsv"
CHANGED_SHARE = 0.1  # of the sentences: left out, and put in
SEED = 4
OFF_SEC = 0.2  # from where the sentence is
MIB = 1 << 20
STAGES = ("decode", "features", "inference", "search")
COLUMNS = (
    *("text", "off by more than 0.2 s", "median", "p99", "worst", "words not found", "quality"),
    *(f"seconds of {' + '.join(STAGES)}", "CPU", "peak memory"),
)


class Sentence(NamedTuple):
    """What is said, and when, in seconds."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Run:
    """One call. left: names of files that it left in its temporary folder."""

    answer: dict[str, Any]
    wall_sec: float
    cpu_sec: float
    peak_bytes: int
    left: Sequence[str]


def sentences(folder: Path) -> list[Sentence]:
    """The table that `export.demo hour` wrote."""
    with (folder / SENTENCES).open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Sentence(float(r["start_sec"]), float(r["end_sec"]), r["text"]) for r in rows]


def align(audio: Path, text: Path, *options: str, python: str = sys.executable) -> Run:
    """Align by the command line, a segment a line. Raises CalledProcessError if it fails.

    python: of the runtime's environment.
    """
    command = [python, "-m", "service", "align", str(audio), str(text)]
    command += ["--segments", "line", *options]
    with tempfile.TemporaryDirectory() as folder:
        temporary, figures = Path(folder) / "tmp", Path(folder) / "figures.json"
        temporary.mkdir()
        done = subprocess.run(  # noqa: S603  # commands of the project's own
            [sys.executable, "-m", "bench.measured", str(figures), *command],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            check=True,
        )
        told = json.loads(figures.read_text(encoding="utf-8"))
        left = sorted(path.name for path in temporary.iterdir())
    answer = json.loads(done.stdout)
    return Run(answer, told["wall_sec"], told["cpu_sec"], told["peak_bytes"], left)


def errors_sec(answer: dict[str, Any], said: Sequence[Sentence]) -> dict[Sentence, float]:
    """How far each sentence is off that the text has; infinite where it has no time.

    Of sentences that are said twice, the first is the text's first.
    """
    segments: dict[str, list[dict[str, Any]]] = {}
    for segment in answer["segments"]:
        segments.setdefault(segment["text"], []).append(segment)
    found = {}
    for sentence in said:
        if sentence.text not in segments or not segments[sentence.text]:
            continue
        times = segments[sentence.text].pop(0)
        edges = (times["start"], sentence.start), (times["end"], sentence.end)
        found[sentence] = max(np.inf if a is None else abs(a - b) for a, b in edges)
    return found


def edited(said: Sequence[Sentence], others: Sequence[str]) -> list[str]:
    """Without a tenth of the sentences, and with as many others between them."""
    draw, put_in = np.random.default_rng(SEED), iter(others)
    lines = []
    for sentence in said:
        if draw.random() < CHANGED_SHARE:
            lines.append(next(put_in))
        if draw.random() >= CHANGED_SHARE:
            lines.append(sentence.text)
    return lines


def unsaid(said: Sequence[Sentence]) -> list[str]:
    """As many sentences of the same words, of which none was said: their words are shuffled."""
    words = [word for sentence in said for word in sentence.text.split()]
    np.random.default_rng(SEED).shuffle(words)
    lengths = [len(sentence.text.split()) for sentence in said]
    return [" ".join(words.pop() for _ in range(length)) for length in lengths]


def row(name: str, run: Run, said: Sequence[Sentence]) -> str:
    """A line of the table."""
    answer, errors = run.answer, np.array(list(errors_sec(run.answer, said).values()))
    missing = sum(word["status"] == "not_found" for word in answer["words"])
    off = int((errors > OFF_SEC).sum())
    figures = [f"{off} of {len(errors)}"]
    if len(errors):
        ranked = np.sort(errors)[[len(errors) // 2, int(len(errors) * 0.99), -1]]
        figures += [f"{1000 * error:.0f} ms" for error in ranked]
    else:
        figures += ["", "", ""]
    figures += [f"{missing:,} of {len(answer['words']):,}", f"{answer['quality']:.2f}"]
    timings = answer["timings"]
    figures += [" + ".join(f"{timings.get(stage, 0):.0f}" for stage in STAGES)]
    figures += [f"{run.cpu_sec:.0f} s", f"{run.peak_bytes / MIB:.0f} MiB"]
    return f"| {name} | " + " | ".join(figures) + " |"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/hour"))
    options = parser.parse_args()
    if not (options.folder / SENTENCES).is_file():
        parser.error(f"expected {options.folder / SENTENCES}: make it with `export.demo hour`")
    said = sentences(options.folder)
    own, other = [sentence.text for sentence in said], unsaid(said)
    calls: tuple[tuple[str, list[str], list[str]], ...] = (
        ("as it was said", own, []),
        ("as it was said, `--gaps lines`", own, ["--gaps", "lines"]),
        ("as it was said, `--gaps none`", own, ["--gaps", "none"]),
        ("a tenth left out, a tenth put in", edited(said, other), []),
        ("of something else", other, []),
    )
    print("| " + " | ".join(COLUMNS) + " |\n" + len(COLUMNS) * "|---" + "|")
    for name, lines, how in calls:
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder) / TEXT
            text.write_text("\n".join(lines) + "\n", encoding="utf-8")
            print(row(name, align(options.folder / AUDIO, text, *how), said), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
