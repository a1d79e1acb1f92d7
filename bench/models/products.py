"""Graphs of one matrix product with constant weights, for the machine's own limits."""

import importlib
from pathlib import Path
from typing import Any, Final

import numpy as np

# Rows, inner size, columns: the model's own at 10 s of audio, and square ones.
SIZES: Final = (
    (499, 1024, 1024),
    (499, 1024, 4096),
    (499, 4096, 1024),
    (7999, 1536, 512),
    (1024, 2048, 2048),
    (2048, 2048, 2048),
)
TYPES: Final = ("int8", "float32")


def write_products(kind: str, target: Path) -> None:
    """A file a size, <inner>x<columns>.onnx. kind: int8 (uint8 x int8 to int32) or float32."""
    target.mkdir()
    for inner, columns in {(inner, columns) for _, inner, columns in SIZES}:
        graph(kind, inner, columns, target / f"{inner}x{columns}.onnx")


def graph(kind: str, inner: int, columns: int, path: Path) -> None:
    """A product: left [rows, inner] times constant weights [inner, columns]."""
    onnx: Any = importlib.import_module("onnx")
    helper, types = onnx.helper, onnx.TensorProto
    random = np.random.default_rng(0)
    if kind == "int8":
        weights: Any = random.integers(-127, 128, (inner, columns)).astype(np.int8)
        operator, left, product = "MatMulInteger", types.UINT8, types.INT32
    else:
        weights = random.standard_normal((inner, columns)).astype(np.float32)
        operator, left, product = "MatMul", types.FLOAT, types.FLOAT
    made = helper.make_graph(
        [helper.make_node(operator, ["left", "weights"], ["product"])],
        operator,
        [helper.make_tensor_value_info("left", left, ["rows", inner])],
        [helper.make_tensor_value_info("product", product, ["rows", columns])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(made, opset_imports=[opset], ir_version=8), path)
