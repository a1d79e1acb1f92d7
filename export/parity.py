"""The gates: the source against its float32 graph, and that against the int8 graph.

Compared are log-probabilities and what greedy decoding makes of them. A frame whose two best tokens
are nearly equal may flip without harm, so agreement counts only frames on which float32 is
confident; a network with random weights has few of those, and is then held by its divergence alone.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from export.errors import GateFailed
from export.probes import Probe
from export.report import ParityReport, ProbeReport
from service.ctc import greedy_decode, log_softmax
from service.framing import Framing

# float32 rounds differently in another order of additions: 2e-6 of the largest |log p|, so 1e-4
# where that is 50. A thousandth changes no probability by more than 0.1 %; int8 errs by a tenth.
MAX_FP32_ERROR: Final = 1e-3  # nats
# int8: far below the best token log-probabilities are large and mean nothing, hence loosely.
MAX_INT8_ERROR: Final = 10.0  # nats
MAX_DIVERGENCE: Final = 0.1  # nats a frame, mean
MIN_AGREEMENT: Final = 0.97  # of confident frames
MAX_FEATURE_ERROR: Final = 2e-3  # of features of unit deviation
FEATURE_LENGTH_SEC: Final = 0.1  # below it a deviation rests on few frames, and magnifies rounding
MAX_CER: Final = 0.05  # int8's text against float32's
CONFIDENT: Final = 1.0  # nats between float32's best token and its second
THREADS: Final = 1

Array = NDArray[np.float32]
Forward = Callable[[Array], Array]  # model input -> logits [T, V]
Feed = Callable[[Sequence[Array]], dict[str, NDArray[Any]]]  # model inputs -> one padded batch


@dataclass(frozen=True)
class Answers:
    """A network's log-probabilities, float32 [T, V], and the seconds each took."""

    log_probs: tuple[Array, ...]
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Trial:
    """The questions, and what an answer must look like."""

    probes: tuple[Probe, ...]
    sample_rate: int
    framing: Framing
    width: int
    blank_id: int

    def ask(self, forward: Forward, inputs: Sequence[Array]) -> Answers:
        """Run a network over the prepared probes, one by one.

        Raises GateFailed for logits of a wrong shape.
        """
        log_probs, seconds = [], []
        for probe, features in zip(self.probes, inputs, strict=True):
            began = time.perf_counter()
            logits = forward(features)
            seconds.append(time.perf_counter() - began)
            self._check_shape(probe, logits)
            log_probs.append(log_softmax(logits))
        return Answers(tuple(log_probs), tuple(seconds))

    def _check_shape(self, probe: Probe, logits: Array) -> None:
        # A probe too short for a frame is heard with silence behind it, as the runtime does.
        samples = max(len(probe.waveform), self.framing.min_samples)
        expected = (self.framing.frame_count(samples), self.width)
        if logits.shape != expected:
            raise GateFailed(f"logits of {probe.name}", expected=expected, got=logits.shape)


@dataclass(frozen=True)
class Graph:
    """An ONNX file, what it is fed for a list of model inputs, and its output's name."""

    session: onnxruntime.InferenceSession
    feed: Feed
    output: str

    def logits(self, model_input: Array) -> Array:
        """model_input: float32 [..., N]; returns float32 [T, V]."""
        values: Array = self.batch([model_input])[0]
        return values

    def batch(self, inputs: Sequence[Array]) -> Array:
        """Model inputs of any lengths in one batch; returns float32 [B, T, V]."""
        (logits,) = self.session.run([self.output], self.feed(inputs))
        return np.asarray(logits, dtype=np.float32)


def open_graph(path: Path, feed: Feed, output: str) -> Graph:
    """Open an ONNX file on one thread, so that real-time factors compare."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return Graph(session, feed, output)


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one thread, so that real-time factors compare."""
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def batch_error(graph: Graph, long: Array, short: Array) -> float:
    """The largest |d log p| between answers in one padded batch and one by one."""
    pair = [long, short]
    rows = log_softmax(graph.batch(pair))
    single = [log_softmax(graph.logits(item)) for item in pair]
    together = [row[: len(alone)] for row, alone in zip(rows, single, strict=True)]
    return max(map(largest_error, single, together))


def feature_error(trial: Trial, source: Sequence[Array], runtime: Sequence[Array]) -> float | None:
    """The largest difference between the source's own model inputs and the runtime's; infinite if
    one has another shape, None if all probes are too short for their values to be compared.
    """
    pairs = list(zip(trial.probes, source, runtime, strict=True))
    if any(theirs.shape != ours.shape for _, theirs, ours in pairs):
        return math.inf
    errors = [
        float(np.abs(theirs - ours).max())
        for probe, theirs, ours in pairs
        if len(probe.waveform) >= FEATURE_LENGTH_SEC * trial.sample_rate
    ]
    return max(errors, default=None)


def compare(
    trial: Trial,
    source: Answers,
    fp32: Answers,
    int8: Answers,
    *,
    batch: float | None,
    features: float | None,
) -> ParityReport:
    """Figures of the three networks' answers, with the errors of batching, where the graph does,
    and of features.
    """
    answers = (source, fp32, int8)
    log_probs = zip(*(answer.log_probs for answer in answers), strict=True)
    seconds = zip(*(answer.seconds for answer in answers), strict=True)
    rows = [
        _probe_report(probe, trial, arrays, times)
        for probe, arrays, times in zip(trial.probes, log_probs, seconds, strict=True)
    ]
    return ParityReport(tuple(rows), batch, features, THREADS)


def check(report: ParityReport) -> None:
    """Raises GateFailed for the first figure outside its bound; NaN is outside."""
    gates = (
        (
            "source's features against the runtime's, max |d|",
            report.feature_error,
            MAX_FEATURE_ERROR,
        ),
        ("source against float32, max |d log p|", report.fp32_error, MAX_FP32_ERROR),
        ("batch against single, max |d log p|", report.batch_error, MAX_FP32_ERROR),
        ("float32 against int8, max |d log p|", report.int8_error, MAX_INT8_ERROR),
        ("float32 against int8, mean divergence", report.divergence, MAX_DIVERGENCE),
        ("float32 against int8, CER", report.cer, MAX_CER),
    )
    for name, value, bound in gates:
        if value is not None and not value <= bound:
            raise GateFailed(name, expected=f"<= {bound:g}", got=f"{value:.3g}")
    agreement = report.agreement
    if agreement is not None and not agreement >= MIN_AGREEMENT:
        name = "float32 against int8, confident frames that agree"
        raise GateFailed(name, expected=f">= {MIN_AGREEMENT:g}", got=f"{agreement:.3g}")


def largest_error(one: Array, other: Array) -> float:
    """The largest |d log p|, in nats; NaN if either side has one.

    one, other: float32 [T, V], log domain.
    """
    return float(np.abs(one - other).max())


def _probe_report(
    probe: Probe, trial: Trial, arrays: tuple[Array, ...], seconds: tuple[float, ...]
) -> ProbeReport:
    source, fp32, int8 = arrays
    best = np.sort(fp32, axis=-1)
    confident = best[:, -1] - best[:, -2] >= CONFIDENT
    agreeing = confident & (fp32.argmax(axis=-1) == int8.argmax(axis=-1))
    # Only where somebody speaks is the text worth a comparison.
    spoken, heard = (
        [span.token for span in greedy_decode(array, trial.blank_id)] if probe.recorded else []
        for array in (fp32, int8)
    )
    return ProbeReport(
        name=probe.name,
        duration_sec=len(probe.waveform) / trial.sample_rate,
        frames=len(fp32),
        fp32_error=largest_error(source, fp32),
        int8_error=largest_error(fp32, int8),
        divergence=float((np.exp(fp32) * (fp32 - int8)).sum(axis=-1).mean()),
        confident_frames=int(confident.sum()),
        agreeing_frames=int(agreeing.sum()),
        tokens=len(spoken),
        edits=Levenshtein.distance(spoken, heard),
        seconds=seconds,
    )
