"""The gates let good graphs through and stop bad ones, each for its own reason."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny import Exporter

from export import parity
from export.errors import GateFailed
from export.parity import Answers, Graph, Trial, batch_error, check, compare, feature_error
from export.probes import Probe
from export.report import ParityReport
from service.bundle import open_bundle
from service.ctc import log_softmax
from service.framing import Convolutions

FRAMING = Convolutions(((4, 2),))
RATE = 16000
WIDTH, BLANK_ID = 5, 4

Array = NDArray[np.float32]


def trial_of_one(*, recorded: bool = True) -> Trial:
    """A hundred frames' worth of silence."""
    probe = Probe("probe", np.zeros(202, dtype=np.float32), recorded)
    return Trial((probe,), RATE, FRAMING, WIDTH, BLANK_ID)


def confident_logits(seed: int = 0) -> Array:
    """float32 [100, WIDTH] in which every frame has a clear winner, and neighbours differ."""
    logits = np.random.default_rng(seed).normal(scale=0.3, size=(100, WIDTH)).astype(np.float32)
    logits[np.arange(100), np.arange(100) % WIDTH] += 4
    return logits


def report_of(fp32: Array, int8: Array, *, recorded: bool = True) -> ParityReport:
    """Figures of a perfect float32 graph and some int8 graph, from their logits."""
    answers = [Answers((log_softmax(logits),), (0.01,)) for logits in (fp32, fp32, int8)]
    return compare(trial_of_one(recorded=recorded), *answers, batch=None, features=0.0)


def test_equal_answers_pass() -> None:
    """No difference is no failure, with figures to match."""
    report = report_of(confident_logits(), confident_logits())
    check(report)
    assert (report.fp32_error, report.int8_error, report.agreement, report.cer) == (0, 0, 1, 0)


def test_a_wrong_graph_fails_the_float32_gate() -> None:
    """A hundredth of a nat between the source and its graph is a tracing error."""
    source, traced = confident_logits(), confident_logits()
    traced[3, 0] += 1e-2
    answers = [Answers((log_softmax(logits),), (0.01,)) for logits in (source, traced, traced)]
    with pytest.raises(GateFailed, match=r"source against float32.*expected <= 0.001, got"):
        check(compare(trial_of_one(), *answers, batch=None, features=0.0))


def test_flipped_frames_fail_the_agreement_gate() -> None:
    """Four confident frames of a hundred that change their token are one too many."""
    int8 = confident_logits()
    for frame in (10, 30, 50, 70):
        int8[frame, 1] = int8[frame, 0] + 0.1
    with pytest.raises(GateFailed, match=r"that agree: expected >= 0.97, got 0.96"):
        check(report_of(confident_logits(), int8, recorded=False))


def test_undecided_frames_may_flip() -> None:
    """Where float32 itself hardly prefers a token, a flip is not counted."""
    fp32 = confident_logits()
    fp32[::2] = 0
    fp32[::2, 0] = 0.1
    int8 = fp32.copy()
    int8[::2, 1] = 0.2
    report = report_of(fp32, int8, recorded=False)
    check(report)
    assert report.probes[0].confident_frames == 50


def test_different_text_fails_the_cer_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """On recorded speech the text itself is compared; a synthetic probe has none."""
    monkeypatch.setattr(parity, "MIN_AGREEMENT", 0.0)
    monkeypatch.setattr(parity, "MAX_DIVERGENCE", 100.0)
    monkeypatch.setattr(parity, "MAX_INT8_ERROR", 100.0)
    int8 = confident_logits()
    int8[40:50] = int8[40]
    with pytest.raises(GateFailed, match=r"CER: expected <= 0.05, got 0.1"):
        check(report_of(confident_logits(), int8))
    check(report_of(confident_logits(), int8, recorded=False))


def test_not_a_number_fails() -> None:
    """NaN is outside every bound."""
    int8 = confident_logits()
    int8[5, 2] = np.nan
    with pytest.raises(GateFailed, match="got nan"):
        check(report_of(confident_logits(), int8))


@pytest.mark.parametrize("shape", [(99, WIDTH), (100, WIDTH + 1)])
def test_a_wrong_shape_fails(shape: tuple[int, int]) -> None:
    """Frames follow the formula, and logits are as wide as the vocabulary."""
    trial = trial_of_one()
    with pytest.raises(GateFailed, match=r"expected \(100, 5\), got"):
        trial.ask(lambda _: np.zeros(shape, dtype=np.float32), [trial.probes[0].waveform])


class Averaging:
    """Stands in for a session: each frame is its samples' mean, less the row's mean.

    Without the mask the padding counts into the row's mean, as group norm would have it.
    """

    def run(self, _: list[str], feed: dict[str, Array]) -> list[Array]:
        """As a session's."""
        rows = feed["x"]
        mask = feed.get("mask", np.ones_like(rows))
        means = (rows * mask).sum(axis=1, keepdims=True) / mask.sum(axis=1, keepdims=True)
        frames = np.lib.stride_tricks.sliding_window_view(rows - means, 4, axis=1)[:, ::2]
        return [(frames.mean(axis=-1, keepdims=True) * np.arange(WIDTH)).astype(np.float32)]


@pytest.mark.parametrize(("mask", "equal"), [("mask", True), (None, False)])
def test_a_graph_that_reads_no_mask_is_found_out(mask: str | None, *, equal: bool) -> None:
    """Batch against single tells a graph that heeds its mask from one that does not."""
    waveform = np.random.default_rng(3).normal(size=300).astype(np.float32) + 1

    def feed(inputs: Sequence[Array]) -> dict[str, Array]:
        rows = np.zeros((len(inputs), max(map(len, inputs))), dtype=np.float32)
        heard = np.zeros_like(rows)
        for row, marks, item in zip(rows, heard, inputs, strict=True):
            row[: len(item)], marks[: len(item)] = item, 1
        return {"x": rows, mask: heard} if mask else {"x": rows}

    error = batch_error(Graph(Averaging(), feed, "y"), waveform, waveform[:186])
    assert (error < 1e-5) == equal


def test_a_batch_error_fails_its_gate() -> None:
    """The batch's figure is held to the float32 bound."""
    report = report_of(confident_logits(), confident_logits())
    with pytest.raises(GateFailed, match="batch against single"):
        check(replace(report, batch_error=0.01))


def test_other_features_than_the_sources_fail_their_gate() -> None:
    """The runtime's model input is held to the source's own, in shape and in value."""
    trial = trial_of_one()
    trial = replace(trial, probes=(replace(trial.probes[0], waveform=np.zeros(1600)),))
    ours = np.zeros((80, 10), dtype=np.float32)
    assert feature_error(trial, [ours], [ours + np.float32(0.25)]) == 0.25
    error = feature_error(trial, [ours], [ours[:, :9]])
    report = report_of(confident_logits(), confident_logits())
    with pytest.raises(GateFailed, match="source's features"):
        check(replace(report, feature_error=error))


def test_a_failed_gate_leaves_no_bundle(
    checkpoint: Path,
    export: Exporter,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Status 1, the gate's name with both figures in one line, and nothing on the disk."""
    monkeypatch.setattr(parity, "MAX_FP32_ERROR", 0.0)
    assert export(checkpoint) == 1
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("error: source against float32, max |d log p|: expected <= 0, got ")
    assert export.left_behind == []


def test_a_failed_gate_keeps_the_bundle_before(
    checkpoint: Path, export: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bundle of an earlier export stays as it was."""
    assert export(checkpoint) == 0
    before = open_bundle(export.models / "tiny").manifest
    monkeypatch.setattr(parity, "MAX_DIVERGENCE", 0.0)
    assert export(checkpoint) == 1
    assert open_bundle(export.models / "tiny").manifest == before
    assert export.left_behind == ["tiny", "tiny.txt"]
