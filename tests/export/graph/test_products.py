"""One product in a graph, in every treatment, as ONNX Runtime computes it."""

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto

from export.graph.builder import GraphBuilder
from export.graph.plan import IN_FLOAT, PLAIN, Plan, Treatment
from export.graph.products import Products
from service.quantization import WeightBits

Array = NDArray[np.float32]

INNER, OUTER, ROWS = 96, 40, 33
LAYER = "layer"
RANDOM = np.random.default_rng(6)
WEIGHT = RANDOM.standard_normal((INNER, OUTER)).astype(np.float32)
BIAS = RANDOM.standard_normal(OUTER).astype(np.float32)
VALUES = RANDOM.standard_normal((1, ROWS, INNER)).astype(np.float32)
DIVISORS = RANDOM.uniform(0.8, 1.25, INNER).astype(np.float32)
TREATMENTS = {
    "plain": PLAIN,
    "smoothed": Treatment(divisors=DIVISORS),
    "by row": Treatment(by_row=True),
    "smoothed by row": Treatment(divisors=DIVISORS, by_row=True),
    "float32": IN_FLOAT,
}


def answer(
    treatment: Treatment, values: Array, bits: WeightBits = 8, *, bias: bool = True
) -> Array:
    """What the graph of one product makes of [1, T, K]."""
    graph = GraphBuilder()
    products = Products(graph, Plan(bits, {LAYER: treatment}))
    given = graph.input("values", TensorProto.FLOAT, [1, "rows", INNER])
    activation = products.activation(given, LAYER)
    product = products.product(activation, WEIGHT, BIAS if bias else None, "product")
    model = graph.model(product, "answer", [1, "rows", OUTER])
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (found,) = session.run(["answer"], {"values": values})
    result: Array = found
    return result


def error(found: Array, values: Array, bias: Array = BIAS) -> float:
    """Relative, of all numbers together."""
    exact = values.astype(np.float64) @ WEIGHT + bias
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("bits", [7, 8])
@pytest.mark.parametrize("treatment", TREATMENTS.values(), ids=TREATMENTS.keys())
def test_every_treatment_is_the_product(treatment: Treatment, bits: WeightBits, bias: bool) -> None:
    """But for a rounding of a hundredth, with a bias and without."""
    found = answer(treatment, VALUES, bits, bias=bias)
    assert error(found, VALUES, BIAS if bias else np.zeros_like(BIAS)) < 0.03


@pytest.mark.parametrize("name", TREATMENTS)
def test_a_treatment_has_the_name_that_the_report_gives_it(name: str) -> None:
    """Whether it is smoothed, by row, both, in float32, or none of it."""
    assert TREATMENTS[name].name == name


def test_division_leaves_float32_as_it_is() -> None:
    """What a channel is divided by, its row of the weights is multiplied with."""
    found = answer(Treatment(in_float=True, divisors=DIVISORS), VALUES)
    assert error(found, VALUES) < 1e-6


def test_smoothing_helps_against_a_loud_channel() -> None:
    """One channel a hundred times the others sets the range of all, unless it is divided first: by
    ten, so that the other tenfold falls to its weights.
    """
    loud, divisors = VALUES.copy(), np.ones(INNER, np.float32)
    loud[..., 7] *= 100
    divisors[7] = 10
    others = loud * (np.arange(INNER) != 7)

    def of_the_others(treatment: Treatment) -> float:
        return error(answer(treatment, loud) - loud[..., 7:8] * WEIGHT[7], others)

    assert of_the_others(Treatment(divisors=divisors)) < of_the_others(PLAIN) / 3


def test_by_row_a_loud_frame_leaves_the_others_as_they_are() -> None:
    """Each row is the same, to the bit, beside whatever others; with one scale it is not."""
    loud = VALUES.copy()
    loud[:, 4] *= 1000
    rest = np.arange(ROWS) != 4
    quiet, beside = (answer(Treatment(by_row=True), values)[:, rest] for values in (VALUES, loud))
    assert np.array_equal(quiet, beside)
    assert error(answer(PLAIN, loud)[:, rest], loud[:, rest]) > 0.5


@pytest.mark.parametrize("treatment", TREATMENTS.values(), ids=TREATMENTS.keys())
def test_silence_is_the_bias(treatment: Treatment) -> None:
    """Rows of zeros, alone and beside others, give the bias and nothing else: no division by 0."""
    silent = np.zeros_like(VALUES)
    assert np.array_equal(answer(treatment, silent), np.broadcast_to(BIAS, (1, ROWS, OUTER)))
    silent[:, 3] = VALUES[:, 3]
    found = answer(treatment, silent)
    assert np.abs(found[:, 4:] - BIAS).max() < 1e-6
    assert error(found[:, 3], VALUES[:, 3]) < 0.05


@pytest.mark.parametrize("name", ["smoothed", "by row", "smoothed by row"])
def test_what_knows_its_place_is_not_moved(name: str) -> None:
    """Divisors know channels and a row's scale its frame: bytes that move would lose them."""
    graph = GraphBuilder()
    products = Products(graph, Plan(8, {LAYER: TREATMENTS[name]}))
    given = graph.input("values", TensorProto.FLOAT, [1, "rows", INNER])
    activation = products.activation(given, LAYER)
    message = f"^{LAYER}: expected one scale for all numbers, got {name}$"
    with pytest.raises(ValueError, match=message):
        activation.moved("elsewhere")


def test_a_plain_activation_moves() -> None:
    """Its scale goes with it, and it is known to have moved."""
    graph = GraphBuilder()
    given = graph.input("values", TensorProto.FLOAT, [1, "rows", INNER])
    activation = Products(graph, Plan(8)).activation(given, LAYER)
    moved = activation.moved("elsewhere")
    assert (moved.values, moved.scale) == ("elsewhere", activation.scale)
    assert (activation.is_moved, moved.is_moved) == (False, True)


def test_others_are_treated_as_the_plan_says_of_them() -> None:
    """A layer without a treatment of its own has that of all others."""
    plan = Plan(8, {LAYER: IN_FLOAT}, others=Treatment(by_row=True))
    assert plan.of(LAYER) is IN_FLOAT
    assert plan.of("another").by_row
