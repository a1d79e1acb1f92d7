r"""What a request costs beside the model: all of it, and stage by stage, in CPU time.

    .venv/bin/python -m bench.around --inference-sec 0.6
    .venv/bin/python -m bench.around --model FOLDER --json bench/results/around.json

The server is a real one on loopback, whose client is another process (bench/loopback.py). Its model
repeats what he-demo said to the same sound before (bench/replay.py), so that all that is measured
is the rest. `http` is what a request costs beyond the stages: the server, the form, threads,
metrics and the log. The share is of the time that the 300M model takes on one core for so much
audio, in proportion to its 10 s: given, or measured with its bundle. Where the time goes, as a
flame graph of what holds the interpreter:

    .venv-bench/bin/py-spy record --gil --rate 500 --output around.svg -- \
        .venv/bin/python -m bench.around --inference-sec 0.6 --lengths 10 --rounds 50
"""

import argparse
import hashlib
import io
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.loopback import Loopback, Post, loopback
from bench.replay import Replay, encoded
from bench.transcribe import medians, said, tiled
from service.acoustic import AcousticModel, OnnxAcousticModel
from service.audio import Audio, decode, decode_file
from service.bundle import open_bundle
from service.chunking import Emitter
from service.features import features_of
from service.levels import levels
from service.recognizer import Recognizer
from service.serving.catalogue import Catalogue
from service.serving.choice import Choice
from service.serving.dispatch import Answer
from service.web.answers.speech import align_answer, transcribe_answer

FORMATS: Final = ("wav", "mp3", "m4a")
LENGTHS_SEC: Final = (2, 10, 30, 60)
AIM_SEC: Final = 10  # of audio, for which the aim is set
AIM_SHARE: Final = 0.02  # of the model's time
PACKAGES: Final = ("numpy", "av", "soundfile", "soxr", "fastapi", "pydantic", "uvicorn")
REQUESTS: Final = 10  # in a round
MAX_SEC: Final = 120.0
TASKS: Final = ("transcribe", "align")

Costs = dict[str, float]  # CPU seconds by stage, in the order in which sound flows


@dataclass(frozen=True)
class Sound:
    """A recording as it is sent, and its text."""

    content: bytes
    suffix: str
    text: str

    def post(self, task: str, model: str) -> Post:
        """The request."""
        texts = {"model": model} | ({"transcript": self.text} if task == "align" else {})
        return Post(f"/{task}", {"audio": (f"sound.{self.suffix}", self.content)}, texts)


def sounds(clip: Path, rate: int, length: int) -> dict[str, Sound]:
    """The clip, over and over, in every format."""
    spoken = decode_file(clip.with_suffix(".wav"), rate, MAX_SEC)
    text = clip.with_suffix(".txt").read_text(encoding="utf-8")
    waveform = tiled(spoken.waveform[:], length * rate)
    repeated = said(text, length / spoken.duration_sec)
    return {name: Sound(encoded(waveform, rate, name), name, repeated) for name in FORMATS}


class Stages:
    """Each stage of a request on its own, by the functions that the service calls."""

    def __init__(self, recognizer: Recognizer, model: AcousticModel) -> None:
        self._recognizer = recognizer
        manifest = recognizer.manifest
        self._emitter = Emitter(model, features_of(manifest), manifest.framing)
        self._rate = manifest.sample_rate

    def costs(self, sound: Sound, task: str, rounds: int) -> Costs:
        """CPU seconds of each."""
        recognizer = self._recognizer
        audio = self._decode(sound)
        emissions = recognizer.listen(audio)
        works: dict[str, Callable[[], object]] = {
            "hash": lambda: hashlib.sha256(sound.content).hexdigest(),
            "decode": partial(self._decode, sound),
            "silence": lambda: audio.silent,
            "emissions": partial(self._emitter.log_probs, audio),
            "levels": lambda: levels(audio.blocks(), self._rate),
        }
        choice = Choice(recognizer.manifest.id, "request", "")
        if task == "align":
            frames = recognizer.frame_count(audio)
            written = recognizer.written(sound.text, frames=frames)
            alignment = Answer(recognizer.place(emissions, written), choice, {})
            works["text"] = partial(recognizer.written, sound.text, frames=frames)
            works["search"] = partial(recognizer.place, emissions, written)
            works["answer"] = lambda: align_answer(alignment).model_dump_json()
        else:
            transcript = Answer(recognizer.read(emissions), choice, {})
            works["search"] = partial(recognizer.read, emissions)
            works["answer"] = lambda: transcribe_answer(transcript).model_dump_json()
        seconds = medians(*works.values(), repetitions=rounds * 3, clock=time.thread_time)
        return dict(zip(works, seconds, strict=True))

    def _decode(self, sound: Sound) -> Audio:
        return decode(io.BytesIO(sound.content), self._rate, MAX_SEC)


def whole(server: Loopback, posts: Sequence[Post], rounds: int) -> list[float]:
    """CPU seconds of each request: medians of rounds that take turns."""
    for post in posts:
        server.cpu_seconds(post, 2)  # the model is heard now, and not again
    turns = [[server.cpu_seconds(post, REQUESTS) for post in posts] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*turns, strict=True)]


def inference_sec(folder: Path) -> float:
    """CPU seconds that a model's session takes on one thread for AIM_SEC of noise."""
    bundle = open_bundle(folder)
    model, features = OnnxAcousticModel(bundle), features_of(bundle.manifest)
    noise = np.random.default_rng(7).normal(0, 0.1, AIM_SEC * bundle.manifest.sample_rate)
    model_input = features(noise.astype(np.float32))
    return medians(partial(model.logits, model_input), clock=time.process_time)[0]


def measured(options: argparse.Namespace, inference: float) -> list[dict[str, Any]]:
    """A row for each task, length and format, printed as soon as it is there."""
    bundle = open_bundle(options.heard)
    model = Replay(OnnxAcousticModel(bundle))
    recognizer = Recognizer(bundle, model)
    stages = Stages(recognizer, model)
    catalogue = Catalogue.read(options.heard.parent, opener=lambda *_: recognizer)
    rows = []
    with loopback(catalogue, options.heard.parent) as server:
        for length in options.lengths:
            made = sounds(options.clip, bundle.manifest.sample_rate, length)
            asked = [(task, made[name]) for task in options.tasks for name in options.formats]
            posts = [sound.post(task, bundle.manifest.id) for task, sound in asked]
            for (task, sound), total in zip(
                asked, whole(server, posts, options.rounds), strict=True
            ):
                costs = stages.costs(sound, task, options.rounds)
                costs["http"] = total - sum(costs.values())
                row = {"task": task, "sec": length, "format": sound.suffix, "cpu_sec": total}
                share = total / (inference * length / AIM_SEC)
                rows.append({**row, "share": round(share, 4), "stages": costs})
                print(line(rows[-1]), flush=True)
    return rows


def line(row: dict[str, Any]) -> str:
    """A row of the table, in milliseconds."""
    what = f"{row['task']:10s} {row['sec']:3d} s {row['format']}"
    told = "  ".join(f"{name} {sec * 1000:.2f}" for name, sec in row["stages"].items())
    return f"{what}  {row['cpu_sec'] * 1000:7.2f} ms  {row['share']:6.2%}  {told}"


def aim(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the table of aims."""
    what = f"/{row['task']} of {row['sec']} s of {row['format']}"
    name = f"around the 300M model: {what}, share of its inference"
    return {"name": name, "value": row["share"], "aim": AIM_SHARE, "direction": "<="}


def cpu() -> str:
    """Its name, where the system tells it."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text(encoding="utf-8").splitlines() if known.is_file() else []
    names = (text.partition(":")[2].strip() for text in lines if text.startswith("model name"))
    return next(names, platform.machine())


def main() -> int:
    """Print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--heard", type=Path, default=Path("models/he-demo"))
    parser.add_argument("--clip", type=Path, default=Path("examples/he-1"))
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS_SEC)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    cost = parser.add_mutually_exclusive_group(required=True)
    cost.add_argument("--model", type=Path, help="the 300M model's bundle")
    cost.add_argument("--inference-sec", type=float, help="what it takes for 10 s, on one core")
    options = parser.parse_args()
    inference = inference_sec(options.model) if options.model else options.inference_sec
    hardware = {"cpu": cpu(), "cpus": os.cpu_count(), "python": platform.python_version()}
    versions = {name: version(name) for name in PACKAGES}
    print(f"{hardware['cpu']}; the 300M model: {inference:.3f} s for {AIM_SEC} s of audio\n")
    rows = measured(options, inference)
    if options.json is not None:
        document = {
            "hardware": hardware,
            "versions": versions,
            "inference_sec": inference,
            "rows": rows,
            "aims": [aim(row) for row in rows if row["sec"] == AIM_SEC],
        }
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
