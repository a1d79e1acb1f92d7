"""Errors that are told without a graph, against those of the graph."""

from dataclasses import replace

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
    sites = [Site(f"product.{i}", activation, item.copy()) for i, item in enumerate(WEIGHTS)]
    made = Layer(sites)
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
    error, whole = np.zeros((2, 2 * OUTER))
    for piece in pieces:
        (found,) = session.run(["answer"], {"values": piece[np.newaxis]})
        exact = piece.astype(np.float64) @ np.hstack(WEIGHTS)
        error += np.square(found[0] - exact).sum(axis=0)
        whole += np.square(exact).sum(axis=0)
    return float(np.median(np.sqrt(error / whole).reshape(2, OUTER), axis=1).max())


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
    """After it the largest of a channel and of its row of the weights, seen in steps of their
    columns, are in one proportion in all channels, and the channels' mean size stays.
    """
    made = layer([sound("loud channels")])
    divisors = smoothing(made)
    shares = [np.abs(weight) / np.abs(weight).max(axis=0) for weight in WEIGHTS]
    rows = np.max([share.max(axis=1) for share in shares], axis=0)
    assert (made.peaks / divisors) / (rows * divisors) == pytest.approx(
        np.full(INNER, (made.peaks[0] / divisors[0]) / (rows[0] * divisors[0])), rel=1e-3
    )
    assert np.log(divisors).mean() == pytest.approx(0, abs=1e-5)


def test_a_loud_answer_hides_no_others() -> None:
    """The error is that of the middle column, though one is a thousand times larger, and exact."""
    made = layer([sound("loud channels")])
    told = layer_error([made], PLAIN, 8)
    for site in made.sites:
        site.weight[:, 3] = 0
        site.weight[0, 3] = 1000
    assert layer_error([made], PLAIN, 8) == pytest.approx(told, rel=0.1)


def test_the_worst_of_several_products_counts() -> None:
    """One that is wrong among others is not averaged away."""
    piece = sound("loud channels")
    made = layer([piece])
    (first, second) = made.sites
    made.sites[:] = [replace(first, weight=np.where(np.arange(INNER)[:, None] < 4, WEIGHTS[0], 0))]
    exact = layer_error([made], PLAIN, 8)
    made.sites.append(second)
    assert layer_error([made], PLAIN, 8) > 5 * exact


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
