"""The int8 policy: every constant product, nothing else, and nothing forgotten."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from export import quantize as policy
from export.errors import NotQuantized
from export.quantize import constant_products, quantize
from service.quantization import Quantization

WIDTH = 8


def save_graph(path: Path, nodes: list[onnx.NodeProto]) -> Path:
    """A graph from `x` [N, WIDTH] to `y`, with a weight `w` [WIDTH, WIDTH]."""
    weight = np.random.default_rng(0).normal(size=(WIDTH, WIDTH)).astype(np.float32)
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", None])],
        [numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def test_constant_products_are_found_behind_constant_nodes(tmp_path: Path) -> None:
    """A weight that is transposed inside the graph is constant; a product of inputs is not."""
    path = save_graph(
        tmp_path / "graph.onnx",
        [
            helper.make_node("Transpose", ["w"], ["wt"], name="turn"),
            helper.make_node("MatMul", ["x", "wt"], ["h"], name="linear"),
            helper.make_node("Transpose", ["h"], ["ht"], name="flip"),
            helper.make_node("MatMul", ["h", "ht"], ["y"], name="attention"),
        ],
    )
    assert constant_products(onnx.load(path).graph) == {"linear"}


def test_the_report_counts_products_and_bytes(tmp_path: Path) -> None:
    """One of two products has a constant side, and it is the one that is quantized."""
    path = save_graph(
        tmp_path / "fp32.onnx",
        [
            helper.make_node("MatMul", ["x", "w"], ["h"], name="linear"),
            helper.make_node("Transpose", ["h"], ["ht"], name="flip"),
            helper.make_node("MatMul", ["h", "ht"], ["y"], name="attention"),
        ],
    )
    report = quantize(path, tmp_path / "int8.onnx")
    assert (report.constant_products, report.quantized_products, report.kept_in_float) == (1, 1, 0)
    assert report.fp32_bytes == path.stat().st_size
    assert report.int8_bytes == (tmp_path / "int8.onnx").stat().st_size


@pytest.mark.parametrize(("reduce_range", "bits", "largest"), [(False, 8, 127), (True, 7, 64)])
def test_weights_use_the_range_that_is_told(
    tmp_path: Path, reduce_range: bool, bits: int, largest: int
) -> None:
    """The largest of a column is as large as the range allows, and none is larger."""
    product = helper.make_node("MatMul", ["x", "w"], ["y"], name="linear")
    path, int8 = save_graph(tmp_path / "fp32.onnx", [product]), tmp_path / "int8.onnx"
    report = quantize(path, int8, reduce_range=reduce_range)
    assert report.quantization == Quantization("stock", bits)
    (weights,) = (
        numpy_helper.to_array(tensor).astype(int)
        for tensor in onnx.load(int8).graph.initializer
        if tensor.name.endswith("_quantized")
    )
    assert abs(weights).max(axis=0) == pytest.approx(largest, abs=0)


def test_a_forgotten_product_is_named(tmp_path: Path) -> None:
    """A weight on the left side escapes ONNX Runtime, and the export must not pass over it."""
    path = save_graph(
        tmp_path / "fp32.onnx",
        [
            helper.make_node("MatMul", ["x", "w"], ["h"], name="linear"),
            helper.make_node("Transpose", ["h"], ["ht"], name="flip"),
            helper.make_node("MatMul", ["w", "ht"], ["y"], name="escaped"),
        ],
    )
    with pytest.raises(NotQuantized, match=r"expected 2 int8 .* got 1, left in float32: escaped"):
        quantize(path, tmp_path / "int8.onnx")


def test_a_product_on_the_list_may_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A named exception is left in float32 and counted as such."""
    monkeypatch.setattr(policy, "KEPT_IN_FLOAT", frozenset({"head"}))
    path = save_graph(
        tmp_path / "fp32.onnx",
        [
            helper.make_node("MatMul", ["x", "w"], ["h"], name="linear"),
            helper.make_node("MatMul", ["h", "w"], ["y"], name="head"),
        ],
    )
    report = quantize(path, tmp_path / "int8.onnx")
    assert (report.constant_products, report.quantized_products, report.kept_in_float) == (2, 1, 1)
