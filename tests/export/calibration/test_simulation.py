"""Errors that are told without a graph, against those of the graph."""

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto
from onnxruntime import InferenceSession

from export.calibration.listening import Layer
from export.calibration.simulation import layer_error, smoothing
from export.graph.builder import GraphBuilder
from export.graph.plan import IN_FLOAT, PLAIN, Plan, Treatment
from export.graph.products import Products, Site
from service.quantization import WeightBits

Array = NDArray[np.float32]

INNER, OUTER, ROWS = 128, 48, 60
RANDOM = np.random.default_rng(8)
WEIGHTS = [RANDOM.standard_normal((INNER, OUTER)).astype(np.float32) for _ in range(2)]


def sound(kind: str) -> Array:
    """float32 [ROWS, INNER]."""
    values = RANDOM.standard_normal((ROWS, INNER)).astype(np.float32)
    if kind == "one-sided":
        values = np.abs(values)
    if kind == "loud channels":
        values[:, :4] *= 30
    if kind == "loud frames":
        values[::20] *= 30
    return values


def layer(pieces: list[Array], most: int = ROWS) -> Layer:
    """The layer of two products that has heard them."""
    graph = GraphBuilder()
    activation = Products(graph, Plan(8, others=IN_FLOAT)).activation("values", "layer")
    made = Layer([Site(f"product.{i}", activation, weight) for i, weight in enumerate(WEIGHTS)])
    for piece in pieces:
        made.add(piece[np.newaxis], most)
    return made


def measured(pieces: list[Array], treatment: Treatment, bits: WeightBits) -> float:
    """The same error of the graph's answers."""
    graph = GraphBuilder()
    products = Products(graph, Plan(bits, others=treatment))
    given = graph.input("values", TensorProto.FLOAT, [1, "rows", INNER])
    activation = products.activation(given, "layer")
    answers = [products.product(activation, weight, None, "product") for weight in WEIGHTS]
    both = graph.op("Concat", *answers, name="both", axis=-1)
    model = graph.model(both, "answer", [1, "rows", 2 * OUTER])
    session = InferenceSession(model.SerializeToString())
    error = whole = 0.0
    for piece in pieces:
        (found,) = session.run(["answer"], {"values": piece[np.newaxis]})
        exact = piece.astype(np.float64) @ np.hstack(WEIGHTS)
        error += float(np.square(found[0] - exact).sum())
        whole += float(np.square(exact).sum())
    return float(np.sqrt(error / whole))


@pytest.mark.parametrize("bits", [7, 8])
@pytest.mark.parametrize("kind", ["centred", "one-sided", "loud channels", "loud frames"])
@pytest.mark.parametrize("name", ["plain", "smoothed", "by row", "smoothed by row"])
def test_the_simulated_error_is_that_of_the_graph(name: str, kind: str, bits: WeightBits) -> None:
    """Within a hundredth of it, on several pieces of sound, whatever is treated how."""
    pieces = [sound(kind), sound(kind)]
    made = layer(pieces)
    divisors = smoothing(made) if "smoothed" in name else None
    treatment = Treatment(divisors=divisors, by_row="by row" in name)
    told = layer_error([made], treatment, bits)
    assert told == pytest.approx(measured(pieces, treatment, bits), rel=0.01)


def test_some_rows_stand_for_all() -> None:
    """An eighth of them, and the range of all, tell the error to a tenth of it."""
    pieces = [np.tile(sound("centred"), (8, 1)) + sound("centred").repeat(8, axis=0)]
    for treatment in (PLAIN, Treatment(by_row=True)):
        told = layer_error([layer(pieces, ROWS)], treatment, 8)
        assert told == pytest.approx(layer_error([layer(pieces, 8 * ROWS)], treatment, 8), rel=0.1)


@pytest.mark.parametrize("smoothed", [True, False])
def test_the_loudest_frame_counts_though_it_is_not_kept(smoothed: bool) -> None:
    """It sets the range of all others, which is that of the whole tensor."""
    piece = sound("centred")
    piece[1] *= 100
    kept = layer([piece], 20)
    assert not any(np.abs(heard.rows).max() > 50 for heard in kept.heard)
    divisors = np.ones(INNER, np.float32) if smoothed else None
    assert layer_error([kept], Treatment(divisors=divisors), 8) > 0.3


def test_smoothing_shares_the_range_between_a_channel_and_its_weights() -> None:
    """After it the largest of a channel and of its row of the weights are in one proportion in all
    channels, and the channels' mean size stays.
    """
    made = layer([sound("loud channels")])
    divisors = smoothing(made)
    rows = np.max([np.abs(weight).max(axis=1) for weight in WEIGHTS], axis=0)
    assert (made.peaks / divisors) / (rows * divisors) == pytest.approx(
        np.full(INNER, (made.peaks[0] / divisors[0]) / (rows[0] * divisors[0])), rel=1e-3
    )
    assert np.log(divisors).mean() == pytest.approx(0, abs=1e-5)


def test_channels_of_zeros_are_no_obstacle() -> None:
    """Neither silence on a channel nor weights of zeros make a divisor infinite or 0."""
    piece = sound("centred")
    piece[:, 5] = 0
    divisors = smoothing(layer([piece]))
    assert np.isfinite(divisors).all()
    assert (divisors > 0).all()
    assert layer_error([layer([piece])], Treatment(divisors=divisors), 8) < 0.03


def test_silence_has_no_error() -> None:
    """Nothing is heard, and nothing is wrong."""
    silent = [np.zeros((ROWS, INNER), np.float32)]
    for treatment in (PLAIN, Treatment(by_row=True)):
        assert layer_error([layer(silent)], treatment, 8) == 0
