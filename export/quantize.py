"""The one int8 policy: matrix products with constant weights, and nothing else.

Convolutions stay in float32: ONNX Runtime's ConvInteger is slower than its float convolution, and
less accurate. ONNX Runtime may leave layers as they are without a word, so the nodes are counted.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import onnx
from onnx import GraphProto
from onnxruntime.quantization import QuantType, quantize_dynamic

from export.errors import NotQuantized

PRODUCTS: Final = ("MatMul", "Gemm")
QUANTIZED_PRODUCTS: Final = ("MatMulInteger", "MatMulIntegerToFloat", "DynamicQuantizeMatMul")
# A scale a column, and weights of 7 bits. Without VNNI a CPU adds pairs of u8 x s8 products into 16
# bits, which 8-bit weights overflow (with a scale a column, 1 pair in 18,000 of a trained network)
# and 7-bit weights cannot. Divergence from float32 hardly changes, 6e-5 nats a frame against 5e-5;
# with one scale for a whole matrix 7 bits cost more, 2.2e-4 against 0.7e-4.
PER_CHANNEL: Final = True
REDUCE_RANGE: Final = True
KEPT_IN_FLOAT: Final[frozenset[str]] = frozenset()  # names of products; each with its reason


@dataclass(frozen=True)
class QuantizationReport:
    """Counts of matrix products with constant weights, and the files' sizes in bytes."""

    constant_products: int
    quantized_products: int
    kept_in_float: int
    fp32_bytes: int
    int8_bytes: int


def quantize(fp32: Path, int8: Path) -> QuantizationReport:
    """Write `int8` from `fp32`. Raises NotQuantized, naming the products that were left."""
    quantize_dynamic(
        fp32,
        int8,
        op_types_to_quantize=["MatMul"],
        per_channel=PER_CHANNEL,
        reduce_range=REDUCE_RANGE,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=sorted(KEPT_IN_FLOAT),
        extra_options={"MatMulConstBOnly": True},
    )
    before, after = onnx.load(fp32).graph, onnx.load(int8).graph
    candidates, left = constant_products(before), constant_products(after)
    done = sum(count for kind, count in _kinds(after).items() if kind in QUANTIZED_PRODUCTS)
    _check(candidates, left, done)
    return QuantizationReport(
        len(candidates), done, len(left), fp32.stat().st_size, int8.stat().st_size
    )


def constant_products(graph: GraphProto) -> set[str]:
    """Names of the float matrix products of which one side is known before any input is."""
    constant = {tensor.name for tensor in graph.initializer}
    found = set()
    for node in graph.node:
        inputs = [name for name in node.input if name]
        if all(name in constant for name in inputs):
            constant.update(node.output)
        elif node.op_type in PRODUCTS and any(name in constant for name in inputs[:2]):
            found.add(node.name)
    return found


def _kinds(graph: GraphProto) -> Counter[str]:
    return Counter(node.op_type for node in graph.node)


def _check(candidates: set[str], left: set[str], done: int) -> None:
    forgotten = sorted(left - KEPT_IN_FLOAT)
    expected = len(candidates - KEPT_IN_FLOAT)
    if forgotten or done != expected:
        got = f"{done}, left in float32: {', '.join(forgotten[:3]) or 'none'}"
        raise NotQuantized("int8 graph", expected=f"{expected} int8 matrix products", got=got)
