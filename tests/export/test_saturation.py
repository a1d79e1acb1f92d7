"""Weights of 8 bits overflow the 16-bit sums of CPUs without VNNI; those of 7 cannot."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from bench.saturating import MOST, overflowing, product
from export.quantize import quantize
from service.ops.processor import read_processor

K, N = 6, 4
RANGES = {8: 127, 7: 64}


def extremes(largest: int) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """Every pair of extreme activations [4, 2] with every pair of extreme weights [2, 4]."""
    activations = np.array([[0, 0], [0, 255], [255, 0], [255, 255]], dtype=np.uint8)
    signs = np.array([[1, 1, -1, -1], [1, -1, 1, -1]])
    return activations, (largest * signs).astype(np.int8)


def exact(activations: NDArray[np.uint8], weights: NDArray[np.int8]) -> NDArray[np.int64]:
    return activations.astype(np.int64) @ weights.astype(np.int64)


def test_seven_bits_never_overflow_a_pair() -> None:
    """Not even at the extremes: 2 * 255 * 64 = 32,640 is below 2**15."""
    activations, weights = extremes(RANGES[7])
    assert overflowing(activations, weights) == 0
    assert np.array_equal(product(activations, weights), exact(activations, weights))


def test_eight_bits_overflow_where_both_products_are_large() -> None:
    """Two of one sign, 64,770 and -64,770, of which 32,767 and -32,768 are left."""
    activations, weights = extremes(RANGES[8])
    assert overflowing(activations, weights) == 2
    assert product(activations, weights)[3].tolist() == [MOST, 0, 0, -MOST - 1]
    assert exact(activations, weights)[3].tolist() == [64_770, 0, 0, -64_770]


def test_only_neighbours_are_a_pair() -> None:
    """Of an odd number the last is alone, and what is summed later has 32 bits."""
    activations = np.full((1, 3), 255, dtype=np.uint8)
    weights = np.full((3, 1), 127, dtype=np.int8)
    assert product(activations, weights).tolist() == [[MOST + 255 * 127]]


@pytest.mark.parametrize(("reduce_range", "overflows"), [(False, True), (True, False)])
def test_reduced_weights_of_an_export_fit(
    tmp_path: Path, reduce_range: bool, overflows: bool
) -> None:
    """Planted weights, each as large as a column can have, with planted activations of 255."""
    planted = np.full((K, N), 0.5, dtype=np.float32)
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("MatMul", ["x", "w"], ["y"], name="linear")],
            "graph",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", K])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", N])],
            [numpy_helper.from_array(planted, "w")],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    onnx.save(model, tmp_path / "fp32.onnx")
    quantize(tmp_path / "fp32.onnx", tmp_path / "int8.onnx", reduce_range=reduce_range)
    graph = onnx.load(tmp_path / "int8.onnx").graph
    (weights,) = (
        numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if tensor.name.endswith("_quantized")
    )
    activations = np.full((1, K), 255, dtype=np.uint8)
    assert (overflowing(activations, weights) > 0) is overflows
    same = np.array_equal(product(activations, weights), exact(activations, weights))
    assert same is not overflows


@pytest.mark.parametrize("bits", RANGES)
def test_onnx_runtime_sums_as_is_told_of_this_cpu(bits: int) -> None:
    """Exactly, or saturated where service/ops/processor.py says so."""
    expected_exact = read_processor().sums_exactly
    if expected_exact is None:
        pytest.skip("nobody tells what this CPU can do")
    rng = np.random.default_rng(bits)
    activations = rng.integers(200, 256, (37, 512)).astype(np.uint8)
    largest = RANGES[bits]
    weights = rng.integers(-largest, largest + 1, (512, 64)).astype(np.int8)
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("MatMulInteger", ["a", "b"], ["y"])],
            "graph",
            [helper.make_tensor_value_info("a", TensorProto.UINT8, [37, 512])],
            [helper.make_tensor_value_info("y", TensorProto.INT32, [37, 64])],
            [numpy_helper.from_array(weights, "b")],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (answer,) = session.run(["y"], {"a": activations})
    sums = exact if expected_exact else product
    assert (overflowing(activations, weights) > 0) is (bits == 8)
    assert np.array_equal(answer, sums(activations, weights))
