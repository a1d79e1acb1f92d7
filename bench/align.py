"""The aligner against its peers, on the same emissions, in one run.

`make bench` prints tables for docs/BENCHMARKS.md. Each measurement is a process of its own: CPU
seconds (medians over processes that take turns), the most that resident memory grew by above the
emissions, and the score of the path.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.aligners import ALIGNERS, Problem
from bench.figures import write
from bench.hardware import hardware
from service.acoustic import OnnxAcousticModel
from service.audio import decode_file
from service.bundle import open_bundle
from service.ctc import log_softmax
from service.features import features_of
from service.text.lineup import lineup
from service.text.mapping import written_text
from service.text.vocabulary import vocabulary_of

SIZES: Final = ((500, 120), (3_000, 700), (30_000, 7_000), (180_000, 42_000))  # frames, labels
QUICK_FRAMES: Final = 10_000  # up to here a process repeats, and more take turns
MOST_SEC: Final = 600.0  # for one process
WIDTH: Final = 30  # tokens of the synthetic emissions, the blank first
MISHEARD: Final = 0.05  # of the synthetic labels
CLIPS: Final = tuple(Path(f"examples/he-{number}.wav") for number in (1, 2, 3))
MAX_SEC: Final = 60.0


def peaky(frames: int, labels: int) -> Problem:
    """Random labels on random frames, the blank elsewhere; a label in twenty heard as another."""
    random = np.random.default_rng(7)
    targets = random.integers(1, WIDTH, labels)
    heard = np.where(random.random(labels) < MISHEARD, random.integers(1, WIDTH, labels), targets)
    tokens = np.zeros(frames, dtype=np.int64)
    tokens[np.sort(random.choice(frames // 2, labels, replace=False)) * 2] = heard
    logits = random.normal(0, 1, (frames, WIDTH)).astype(np.float32)
    logits[np.arange(frames), tokens] += 8.0
    return log_softmax(logits), targets, 0


def spoken(bundle_folder: Path) -> Problem:
    """What a model makes of the example clips, one after another."""
    bundle = open_bundle(bundle_folder)
    vocabulary = vocabulary_of(bundle)
    model, features = OnnxAcousticModel(bundle), features_of(bundle.manifest)
    matrices, texts = [], []
    for clip in CLIPS:
        audio = decode_file(clip, bundle.manifest.sample_rate, MAX_SEC)
        matrices.append(log_softmax(model.logits(features(audio.waveform[:]))))
        text = clip.with_suffix(".txt").read_text(encoding="utf-8")
        written = written_text(text, bundle.manifest.language, vocabulary)
        texts.append(lineup(written, gaps="none").tokens)
    return np.concatenate(matrices), np.concatenate(texts), vocabulary.blank_id


def tiled(problem: Problem, frames: int) -> Problem:
    """The problem again and again, up to at least so many frames."""
    log_probs, targets, blank_id = problem
    times = -(-frames // len(log_probs))
    return np.tile(log_probs, (times, 1)), np.tile(targets, times), blank_id


def unsaid(problem: Problem) -> Problem:
    """The same audio with another text, so that the search cannot be bounded."""
    log_probs, targets, blank_id = problem
    return log_probs, np.random.default_rng(8).permutation(targets), blank_id


def measurement(name: str, stored: Path, python: Path, repetitions: int) -> dict[str, Any]:
    """What bench.aligners says, or how it ended."""
    interpreter = Path(sys.executable) if name == "ours" else python
    command = [str(interpreter), "-m", "bench.aligners", name, str(stored), str(repetitions)]
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            command, capture_output=True, text=True, timeout=MOST_SEC, check=False
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done within {MOST_SEC:.0f} s"}
    if done.returncode == 0:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return {"failed": said[-1] if said else f"ended by signal {-done.returncode}"}


def compared(problem: Problem, python: Path) -> dict[str, list[dict[str, Any]]]:
    """Each aligner's measurements; all take turns, so that a drifting machine hits all alike."""
    log_probs, targets, blank_id = problem
    quick = len(log_probs) <= QUICK_FRAMES
    rounds, repetitions = (5, 5) if quick else (3, 1)
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in ALIGNERS}
    with tempfile.TemporaryDirectory() as folder:
        stored = Path(folder) / "problem.npz"
        np.savez(stored, log_probs=log_probs, targets=targets, blank_id=blank_id)
        for _ in range(rounds if len(log_probs) <= 3 * QUICK_FRAMES else 1):
            for name, turns in results.items():
                if not (turns and "failed" in turns[-1]):
                    turns.append(measurement(name, stored, python, repetitions if quick else 0))
    return results


def row(name: str, turns: list[dict[str, Any]], own_seconds: float) -> str:
    """One line of a table."""
    if "failed" in turns[-1]:
        return f"  {name:20s} failed: {turns[-1]['failed'][:70]}"
    seconds = cpu_seconds(turns)
    grown = statistics.median(turn["grown_mb"] for turn in turns)
    score = turns[0]["score"]
    path = "other objective" if score is None else f"{score:.3f}"
    return (
        f"  {name:20s} {seconds * 1000:10.1f} ms {seconds / own_seconds:8.2f} x "
        f"{grown:9.1f} MB   {path:>15s}"
    )


def cpu_seconds(turns: list[dict[str, Any]]) -> float:
    """The median over all repetitions of all turns."""
    seconds: list[float] = [second for turn in turns for second in turn["seconds"]]
    return statistics.median(seconds)


def table(title: str, problem: Problem, python: Path) -> dict[str, Any]:
    """Measure and print one problem; the figures of each aligner."""
    log_probs, targets, _ = problem
    print(f"{title}, T = {len(log_probs):,}, V = {log_probs.shape[1]}, L = {len(targets):,}")
    results = compared(problem, python)
    own_seconds = cpu_seconds(results["ours"])
    for name, turns in results.items():
        print(row(name, turns, own_seconds), flush=True)
    print()
    return {name: figures(turns) for name, turns in results.items()}


def figures(turns: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians of one aligner's turns, or how it ended."""
    if "failed" in turns[-1]:
        return {"failed": turns[-1]["failed"]}
    return {
        "cpu_sec": cpu_seconds(turns),
        "grown_mb": statistics.median(turn["grown_mb"] for turn in turns),
        "score": turns[0]["score"],
    }


def main() -> int:
    """Print the tables, and write the figures if a file is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/he-demo"))
    parser.add_argument("--peers", type=Path, default=Path(".venv-bench/bin/python"))
    parser.add_argument("--most-frames", type=int, default=SIZES[-1][0])
    parser.add_argument("--json", type=Path, help="where the figures go")
    options = parser.parse_args()
    print(
        f"numpy {np.__version__}, {platform.machine()}, Python {platform.python_version()}; ",
        end="",
    )
    print("CPU time, ratio to ours, growth above the emissions, score\n")
    heard = spoken(options.model)
    found: dict[str, dict[str, Any]] = {"synthetic": {}, "spoken": {}, "another text": {}}
    for frames, labels in SIZES:
        if frames <= options.most_frames:
            synthetic, size = peaky(frames, labels), str(frames)
            found["synthetic"][size] = table("synthetic", synthetic, options.peers)
            spoken_again = tiled(heard, frames)
            found["spoken"][size] = table(options.model.name, spoken_again, options.peers)
            if frames > QUICK_FRAMES:
                other = unsaid(synthetic)
                title = "synthetic, another text"
                found["another text"][size] = table(title, other, options.peers)
    if options.json is not None:
        write(options.json, {"machine": hardware(), "figures": found})
    return 0


if __name__ == "__main__":
    sys.exit(main())
