"""The gates: the source against its float32 graph, and that against the int8 graph.

Compared are log-probabilities and what greedy decoding makes of them. A frame whose two best tokens
are nearly equal may flip without harm, so agreement counts only frames on which float32 is
confident; a network with random weights has few of those, and is then held by its divergence alone.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from export.errors import GateFailed
from export.probes import Probe
from export.report import ParityReport, ProbeReport
from service.bundle import Framing
from service.ctc import greedy_decode, log_softmax

# float32 rounds differently in another order of additions: 2e-6 of the largest |log p|, so 1e-4
# where that is 50. A thousandth changes no probability by more than 0.1 %; int8 errs by a tenth.
MAX_FP32_ERROR: Final = 1e-3  # nats
# int8: far below the best token log-probabilities are large and mean nothing, hence loosely.
MAX_INT8_ERROR: Final = 10.0  # nats
MAX_DIVERGENCE: Final = 0.1  # nats a frame, mean
MIN_AGREEMENT: Final = 0.97  # of confident frames
MAX_CER: Final = 0.05  # int8's text against float32's
CONFIDENT: Final = 1.0  # nats between float32's best token and its second
BATCH_MATE: Final = 0.62  # of the longer one's length: no common frame boundary
THREADS: Final = 1

Array = NDArray[np.float32]
Forward = Callable[[Array], Array]  # prepared waveform [N] -> logits [T, V]


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
        expected = (self.framing.frame_count(len(probe.waveform)), self.width)
        if logits.shape != expected:
            raise GateFailed(f"logits of {probe.name}", expected=expected, got=logits.shape)


@dataclass(frozen=True)
class Graph:
    """An ONNX file with the names of its inputs and its output."""

    session: onnxruntime.InferenceSession
    waveform_input: str
    mask_input: str | None
    logits_output: str

    def logits(self, features: Array) -> Array:
        """features: float32 [N]; returns float32 [T, V]."""
        values: Array = self.batch([features])[0]
        return values

    def batch(self, features: Sequence[Array]) -> Array:
        """Arrays of any lengths, padded with zeros into one batch; returns float32 [B, T, V]."""
        lengths = np.array([len(item) for item in features])
        padded = np.zeros((len(features), lengths.max()), dtype=np.float32)
        for row, item in zip(padded, features, strict=True):
            row[: len(item)] = item
        feed = {self.waveform_input: padded}
        if self.mask_input is not None:
            positions = np.arange(lengths.max())
            feed[self.mask_input] = (positions < lengths[:, None]).astype(np.int64)
        (logits,) = self.session.run([self.logits_output], feed)
        return np.asarray(logits, dtype=np.float32)


def open_graph(path: Path, waveform: str, mask: str | None, logits: str) -> Graph:
    """Open an ONNX file on one thread, so that real-time factors compare."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return Graph(session, waveform, mask, logits)


def batch_error(graph: Graph, features: Array, framing: Framing) -> float:
    """The largest |d log p| between answers in one padded batch and one by one.

    features: float32 [N]; its batch mate is its own beginning.
    """
    shorter = max(framing.min_samples, int(BATCH_MATE * len(features)))
    pair = [features, features[:shorter]]
    rows = log_softmax(graph.batch(pair))
    single = [log_softmax(graph.logits(item)) for item in pair]
    together = [row[: len(alone)] for row, alone in zip(rows, single, strict=True)]
    return max(map(largest_error, single, together))


def compare(
    trial: Trial, source: Answers, fp32: Answers, int8: Answers, batch: float | None
) -> ParityReport:
    """Figures of the three networks' answers, and `batch`, the error of batching, where known."""
    answers = (source, fp32, int8)
    log_probs = zip(*(answer.log_probs for answer in answers), strict=True)
    seconds = zip(*(answer.seconds for answer in answers), strict=True)
    rows = [
        _probe_report(probe, trial, arrays, times)
        for probe, arrays, times in zip(trial.probes, log_probs, seconds, strict=True)
    ]
    return ParityReport(tuple(rows), batch, THREADS)


def check(report: ParityReport) -> None:
    """Raises GateFailed for the first figure outside its bound; NaN is outside."""
    gates = (
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
