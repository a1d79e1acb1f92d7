"""What calibration decides for tiny networks, without outliers and with them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tiny import write_checkpoint

from export.calibration import deciding
from export.calibration.deciding import Calibration, calibrate
from export.calibration.listening import run
from export.graph.builder import GraphBuilder
from export.graph.plan import IN_FLOAT, Plan, Treatment
from export.graph.products import Products
from export.huggingface import Wav2Vec2Network, read_checkpoint
from export.probes import speech_like
from export.wav2vec2.outliers import Outliers, plant
from service.ctc import log_softmax
from service.quantization import WeightBits

Array = NDArray[np.float32]

STABLE, NORM_LAST = {}, {"do_stable_layer_norm": False}
GROUP = {"feat_extract_norm": "group"}
FOLDED = {
    "projection",
    *(f"encoder.{i}.{part}" for i in (0, 1) for part in ("attention", "ffn.in")),
}
VALUES = {f"encoder.{index}.attention.out" for index in (0, 1)}


def network_of(
    folder: Path, outliers: Outliers | None = None, **changes: object
) -> Wav2Vec2Network:
    network = read_checkpoint(write_checkpoint(folder / "tiny", head_gain=1, **changes))
    if outliers is not None:
        plant(network.model, outliers, torch.from_numpy(pieces_of(network)[0]))
    return network


def pieces_of(network: Wav2Vec2Network, count: int = 2) -> list[Array]:
    return [network.prepare(speech_like(16000, 16000, seed=seed)) for seed in range(count)]


def decided(network: Wav2Vec2Network, folder: Path, pieces: Sequence[Array] = ()) -> Calibration:
    return calibrate(network, 8, pieces or pieces_of(network), folder)


def divergence(network: Wav2Vec2Network, plan: Plan, folder: Path) -> float:
    """From torch, on sound that the calibration has not heard."""
    piece = network.prepare(speech_like(24000, 16000, seed=77))
    graph = network.integer_graph(Products(GraphBuilder(), plan))
    (answer,) = run(graph, network, [piece], folder)
    exact, rounded = log_softmax(network.logits(piece)), log_softmax(answer)
    return float((np.exp(exact) * (exact - rounded)).sum(axis=1).mean())


def treated(calibration: Calibration) -> dict[str, str]:
    found: dict[str, str] = calibration.as_manifest()["treated"]
    return found


@pytest.mark.parametrize("bits", [7, 8])
def test_without_outliers_plain_int8_suffices(bits: WeightBits, tmp_path: Path) -> None:
    """Nothing is treated but what no plan decides on, and one graph is tried; also where weights
    have 7 bits, whose own rounding is nothing that a treatment could lessen.
    """
    network = network_of(tmp_path, hidden_size=256, intermediate_size=512)
    found = calibrate(network, bits, pieces_of(network), tmp_path)
    assert treated(found) == {"frontend.0": "float32"}
    assert len(found.divergence) == 1
    assert 0 < max(found.errors.values()) < deciding.MAX_LAYER_ERROR[bits]
    assert found.products.kept == ["frontend.0"]


def test_outlier_channels_are_smoothed(tmp_path: Path) -> None:
    """In every layer where they are planted, and in no other; int8 is then as near as without."""
    network = network_of(tmp_path, Outliers(50, pairs=0))
    found = decided(network, tmp_path)
    smoothed = {name for name, how in treated(found).items() if how == "smoothed"}
    assert smoothed == FOLDED | VALUES
    plain = divergence(network, Plan(8), tmp_path)
    assert divergence(network, found.plan, tmp_path) < plain / 15


def test_frames_that_stick_out_are_countered(tmp_path: Path) -> None:
    """By whatever is cheapest of what is exact enough, where the units are."""
    network = network_of(tmp_path, Outliers(50, channels=0))
    found = decided(network, tmp_path)
    assert {f"encoder.{index}.ffn.out" for index in (0, 1)} <= set(treated(found))
    plain = divergence(network, Plan(8), tmp_path)
    assert divergence(network, found.plan, tmp_path) < plain


@pytest.mark.parametrize(
    "changes", [STABLE, NORM_LAST, GROUP], ids=["stable", "norm last", "group"]
)
def test_divisors_leave_float32_as_it_is(changes: dict[str, object], tmp_path: Path) -> None:
    """Whether they are folded into a norm, into attention's values, or multiplied in."""
    network = network_of(tmp_path, **changes)
    heard = deciding.listen(network, pieces_of(network), tmp_path)
    treatments = {
        name: Treatment(in_float=True, divisors=deciding.smoothing(parts[0]))
        for name, parts in heard.layers.items()
        if not parts[0].is_moved
    }
    assert all(np.ptp(treatment.divisors) > 0.1 for treatment in treatments.values())
    plan = Plan(8, treatments, others=IN_FLOAT)
    graph = network.integer_graph(Products(GraphBuilder(), plan))
    for expected, answer in zip(
        heard.logits, run(graph, network, pieces_of(network), tmp_path), strict=True
    ):
        assert np.abs(answer - expected).max() < 1e-4


@pytest.mark.parametrize(
    ("changes", "multiplied"),
    [
        # A norm that comes last has a sum beside the product that takes it.
        (STABLE, {"ffn.out", "head"}),
        (NORM_LAST, {"attention", "ffn.in", "ffn.out", "head"}),
    ],
    ids=["stable", "norm last"],
)
def test_divisors_cost_nothing_where_they_can_be_folded(
    changes: dict[str, object], multiplied: set[str], tmp_path: Path
) -> None:
    """Into the norm before, or into attention's values; elsewhere one multiplication divides."""
    network = network_of(tmp_path, **changes)
    layers = deciding.listen(network, pieces_of(network), tmp_path).layers
    plan = Plan(
        8,
        {
            name: Treatment(divisors=deciding.smoothing(parts[0]))
            for name, parts in layers.items()
            if not parts[0].is_moved and not parts[0].is_fixed
        },
    )
    graph = network.integer_graph(Products(GraphBuilder(), plan)).graph
    divided = {
        node.name.removesuffix(".divided")
        for node in graph.node
        if node.op_type == "Mul" and node.name.endswith(".divided")
    }
    assert {name.split(".", 2)[-1] for name in divided} == multiplied


@pytest.mark.parametrize("index", range(4))
def test_the_cheapest_that_is_exact_enough_is_taken(
    index: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order plain, smoothed, by row, both; float32 where none is."""
    names = ["plain", "smoothed", "by row", "smoothed by row"]

    def error(_: object, treatment: Treatment, __: int) -> float:
        return 0.001 if names.index(treatment.name) >= index else 1.0

    monkeypatch.setattr(deciding, "layer_error", error)
    found = decided(network_of(tmp_path), tmp_path)
    assert found.plan.of("encoder.0.ffn.out").name == names[index]
    assert found.errors["encoder.0.ffn.out"] == 0.001
    assert found.plan.of("positions").name == ("plain" if index == 0 else "float32")


def test_a_layer_without_an_exact_treatment_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no error allowed all of it is float32, and answers as torch."""
    monkeypatch.setattr(deciding, "MAX_LAYER_ERROR", {8: 0.0})
    network = network_of(tmp_path)
    found = decided(network, tmp_path)
    assert found.products.quantized == []
    assert set(treated(found).values()) == {"float32"}
    assert divergence(network, found.plan, tmp_path) < 1e-7


def test_the_worst_block_is_kept_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the whole diverges too far: the block that diverges most by itself, and then no more
    than are needed.
    """
    network = network_of(tmp_path, Outliers(50, pairs=0))
    monkeypatch.setattr(deciding, "layer_error", lambda *_: 0.0)  # every layer plain
    both = decided_at(network, tmp_path, monkeypatch, target=1.0)
    one = decided_at(network, tmp_path, monkeypatch, target=both.divergence[0] * 0.999)
    assert set(treated(both)) == {"frontend.0"}
    assert len(one.divergence) == 2
    (block,) = {".".join(name.split(".")[:2]) for name in treated(one)} - {"frontend.0"}
    alone = {
        name: divergence(network, only(one, name), tmp_path)
        for name in ("encoder.0", "encoder.1", "projection", "positions", "head")
    }
    assert block == max(alone, key=alone.__getitem__)


def test_what_is_unreachable_ends_in_float32(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Block after block, and every round is told."""
    found = decided_at(network_of(tmp_path), tmp_path, monkeypatch, target=-1.0)
    assert found.products.quantized == []
    assert len(found.divergence) > 5
    assert found.divergence[-1] < 1e-7
    assert found.as_manifest()["divergence"] == list(found.divergence)


def decided_at(
    network: Wav2Vec2Network, folder: Path, monkeypatch: pytest.MonkeyPatch, *, target: float
) -> Calibration:
    monkeypatch.setattr(deciding, "TARGET_DIVERGENCE", target)
    return decided(network, folder)


def only(calibration: Calibration, block: str) -> Plan:
    """One block plain, all else in float32."""
    inside = {
        name: Treatment() for name in calibration.errors if ".".join(name.split(".")[:2]) == block
    }
    return Plan(8, inside, others=IN_FLOAT)


def test_one_piece_decides_as_several(tmp_path: Path) -> None:
    """The same sound once or three times leads to the same plan, at the same errors."""
    network = network_of(tmp_path, Outliers(30))
    (piece,) = pieces_of(network, 1)
    once, thrice = (decided(network, tmp_path, [piece] * count) for count in (1, 3))
    assert treated(once) == treated(thrice)
    assert once.divergence == pytest.approx(thrice.divergence)
    for name, error in once.errors.items():
        assert thrice.errors[name] == pytest.approx(error, rel=0.3)


def test_a_frame_of_silence_is_enough_to_decide_on(tmp_path: Path) -> None:
    """The shortest input, and one of zeros: nothing is divided by nothing."""
    network = network_of(tmp_path)
    found = decided(network, tmp_path, [network.prepare(np.zeros(400, np.float32))])
    assert all(np.isfinite([*found.divergence, *found.errors.values()]))


def test_the_report_says_what_was_decided(tmp_path: Path) -> None:
    """How many layers, which are not plain and how, the largest error, and every divergence."""
    found = decided(network_of(tmp_path, Outliers(50, pairs=0)), tmp_path)
    told = found.as_manifest()
    assert told["layers"] == 7 + 1 + 1 + 2 * 4 + 1
    assert told["treated"]["encoder.1.ffn.in"] == "smoothed"
    assert "encoder.1.ffn.out" not in told["treated"]
    assert told["largest_layer_error"] == max(found.errors.values())
