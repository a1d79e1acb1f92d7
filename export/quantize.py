"""The stock int8 policy, for what no integer graph is written for: matrix products with constant
weights, and nothing else.

Convolutions stay in float32: ONNX Runtime's ConvInteger is slower than its float convolution, and
less accurate. ONNX Runtime may leave layers as they are without a word, so the nodes are counted.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import onnx
from onnx import GraphProto
from onnxruntime.quantization import QuantType, quantize_dynamic

from export.errors import NotQuantized
from service.quantization import FULL_BITS, SAFE_BITS, Policy, Quantization

PRODUCTS: Final = ("MatMul", "Gemm")
QUANTIZED_PRODUCTS: Final = ("MatMulInteger", "MatMulIntegerToFloat", "DynamicQuantizeMatMul")
# A scale a column: with one for a whole matrix, divergence from float32 is 0.7e-4 nats a frame
# against 0.5e-4, and 7 bits cost more, 2.2e-4 against 0.6e-4.
PER_CHANNEL: Final = True
KEPT_IN_FLOAT: Final[frozenset[str]] = frozenset()  # names of products; each with its reason


@dataclass(frozen=True)
class QuantizationReport:
    """Policy, counts of matrix products with constant weights, and the files' sizes in bytes.

    constant_products: those that were to be int8; kept_in_float: those that were not, by a rule.
    """

    policy: Policy
    weight_bits: int
    constant_products: int
    quantized_products: int
    kept_in_float: int
    fp32_bytes: int
    int8_bytes: int
    fallback: str | None = None  # why the stock policy was taken
    calibration: Mapping[str, Any] | None = None  # what was decided, and why, where it was not

    @property
    def quantization(self) -> Quantization:
        """What the manifest says of it."""
        return Quantization(self.policy, self.weight_bits)


def quantize(
    fp32: Path, int8: Path, *, reduce_range: bool = False, fallback: str | None = None
) -> QuantizationReport:
    """Write `int8` from `fp32`; reduce_range: weights of 7 bits, which sum exactly on any CPU, for
    8 (docs/decisions/016-weight-range.md); fallback: why this policy is taken, for the report.
    Raises NotQuantized, naming the products that were left.
    """
    quantize_dynamic(
        fp32,
        int8,
        op_types_to_quantize=["MatMul"],
        per_channel=PER_CHANNEL,
        reduce_range=reduce_range,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=sorted(KEPT_IN_FLOAT),
        extra_options={"MatMulConstBOnly": True},
    )
    before, after = onnx.load(fp32).graph, onnx.load(int8).graph
    candidates, left = constant_products(before), constant_products(after)
    done = sum(count for kind, count in _kinds(after).items() if kind in QUANTIZED_PRODUCTS)
    _check(candidates, left, done)
    return QuantizationReport(
        policy="stock",
        weight_bits=SAFE_BITS if reduce_range else FULL_BITS,
        constant_products=len(candidates),
        quantized_products=done,
        kept_in_float=len(left),
        fp32_bytes=fp32.stat().st_size,
        int8_bytes=int8.stat().st_size,
        fallback=fallback,
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
