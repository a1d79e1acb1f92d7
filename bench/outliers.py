"""What int8 makes of outliers, and what the export's counter-measures make of it.

.venv-export/bin/python -m bench.outliers [--audio FILE ...] [--factors 0 20 50]
.venv-export/bin/python -m bench.outliers --shape xls-r-300m [--factors 0 50]

Outliers are planted into he-demo, or into random weights of a shape: float32 answers as before. Its
int8 graphs, all plain and as the export decides, are held against torch; CER is their text against
that of torch. A shape is also timed at 10 s on one thread, against optimum's float32 graph.
"""

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray

from bench.models.wav2vec2 import Wav2Vec2Models
from bench.shapes import SHAPES
from bench.transcribe import medians, tiled
from export import parity
from export.calibration.deciding import Calibration, calibrate
from export.calibration.listening import fed
from export.demo.hebrew.restored import restore_hebrew
from export.graph.builder import GraphBuilder
from export.graph.plan import Plan
from export.graph.products import Products
from export.huggingface import Wav2Vec2Network, read_checkpoint
from export.integer import pieces
from export.probes import Probe, make_probes
from export.report import ParityReport
from export.wav2vec2.outliers import Outliers, plant
from service.bundle import open_bundle
from service.quantization import FULL_BITS

BUNDLE: Final = Path("models/he-demo")
CLIPS: Final = tuple(Path(f"examples/he-{index}.wav") for index in (1, 2, 3))
RATE: Final = 16_000  # Hz
TIMED_SEC: Final = 10
TURNS: Final = 7
HEADER: Final = """\
| planted | int8 | mean KL | max abs d log p | confident frames that agree | CER | x fp32 | layers |
|---|---|---|---|---|---|---|---|"""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Subject:
    """A checkpoint's folder and what it hears; fp32: its float32 graph, where time is taken."""

    checkpoint: Path
    probes: tuple[Probe, ...]
    fp32: Path | None

    def planted(self, outliers: Outliers | None) -> Wav2Vec2Network:
        """Read anew, with these in it."""
        network = read_checkpoint(self.checkpoint)
        if outliers is not None:
            heard = pieces(network, self.probes)[0]
            plant(network.model, outliers, torch.from_numpy(heard))
        return network


def main() -> None:
    """Print a table, and on stderr what the calibration costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, nargs="*", default=[], help="beside the examples")
    parser.add_argument("--factors", type=float, nargs="*", default=(0.0, 20.0, 50.0))
    parser.add_argument("--shape", choices=sorted(SHAPES), help="random weights, not he-demo")
    parser.add_argument("--models", type=Path, default=Path("build/bench"), help="their folder")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    print(HEADER)
    with TemporaryDirectory() as folder:
        subject = subject_of(options.shape, options.models, options.audio, Path(folder))
        for factor in options.factors:
            for outliers in kinds(factor):
                measure(subject, outliers, Path(folder))


def subject_of(shape: str | None, models: Path, audio: Sequence[Path], folder: Path) -> Subject:
    """he-demo, read back into `folder`, or random weights of a shape."""
    probes = make_probes([1], [*CLIPS, *audio], RATE)[1:]
    if shape is not None:
        known = Wav2Vec2Models(models, SHAPES[shape])
        return Subject(known.checkpoint, probes, known.fp32)
    checkpoint = folder / "he-demo"
    restore_hebrew(open_bundle(BUNDLE), checkpoint)
    return Subject(checkpoint, probes, None)


def kinds(factor: float) -> tuple[Outliers | None, ...]:
    """Channels alone, and units that fire in single frames beside them; no outliers for 0."""
    return (Outliers(factor, pairs=0), Outliers(factor)) if factor else (None,)


def measure(subject: Subject, outliers: Outliers | None, folder: Path) -> None:
    """Print the rows of one network: all layers plain, and each as is decided."""
    network = subject.planted(outliers)
    began = time.perf_counter()
    heard = pieces(network, subject.probes)
    decided = calibrate(network, FULL_BITS, heard, folder)
    logging.getLogger("bench").info("decided in %.0f s", time.perf_counter() - began)
    paths = {name: folder / f"{name}.onnx" for name in ("plain", "decided")}
    onnx.save(decided.model, paths["decided"])
    onnx.save(network.integer_graph(Products(GraphBuilder(), Plan(FULL_BITS))), paths["plain"])
    layers = {"plain": "", "decided": layers_of(decided)}
    del decided  # a graph, and with it some of the network's weights again
    accuracy = accuracy_of(subject, network, paths)
    times = times_of(subject, network, paths)
    name = "nothing" if outliers is None else f"channels x {outliers.factor:g}"
    name += " and frames" if outliers is not None and outliers.pairs else ""
    for graph in paths:
        print(f"| {name} | {graph} | {accuracy[graph]} | {times[graph]} | {layers[graph]} |")
    sys.stdout.flush()


def accuracy_of(
    subject: Subject, network: Wav2Vec2Network, paths: dict[str, Path]
) -> dict[str, str]:
    """Cells of the table: graphs against torch."""
    framing, width = network.framing, len(network.tokens)
    trial = parity.Trial(subject.probes, RATE, framing, width, network.blank_id)
    inputs = [network.prepare(probe.waveform) for probe in subject.probes]
    exact = trial.ask(network.logits, inputs)
    cells = {}
    for name, path in paths.items():
        answers = trial.ask(partial(answer, opened(path), network), inputs)
        report = parity.compare(trial, exact, exact, answers, batch=None, features=None)
        cells[name] = cells_of(report)
    return cells


def cells_of(report: ParityReport) -> str:
    """Divergence, largest error, agreement and CER; a share of nothing is empty."""
    shares = ["" if share is None else f"{share:.2%}" for share in (report.agreement, report.cer)]
    return " | ".join([f"{report.divergence:.1e}", f"{report.int8_error:.2g}", *shares])


def times_of(subject: Subject, network: Wav2Vec2Network, paths: dict[str, Path]) -> dict[str, str]:
    """Cells of the table: how many times faster than float32, taking turns."""
    if subject.fp32 is None:
        return dict.fromkeys(paths, "")
    sound = network.prepare(tiled(subject.probes[0].waveform, TIMED_SEC * RATE))
    works = [
        partial(answer, opened(path), network, sound) for path in (subject.fp32, *paths.values())
    ]
    base, *own = medians(*works, repetitions=TURNS)
    return {name: f"{base / took:.2f}" for name, took in zip(paths, own, strict=True)}


def opened(path: Path) -> onnxruntime.InferenceSession:
    """On one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options)


def answer(
    session: onnxruntime.InferenceSession, network: Wav2Vec2Network, model_input: Array
) -> Array:
    """float32 [T, V]."""
    (logits,) = session.run([network.output], fed(session, network, model_input))
    result: Array = logits[0]
    return result


def layers_of(decided: Calibration) -> str:
    """How many layers have which treatment."""
    counted = Counter(decided.plan.of(layer).name for layer in decided.errors)
    return ", ".join(f"{count} {name}" for name, count in counted.most_common())


if __name__ == "__main__":
    main()
