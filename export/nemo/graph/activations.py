"""The activation functions of a conformer."""

from typing import Final

import numpy as np

from export.graph.builder import GraphBuilder
from export.graph.plan import PLAIN
from export.graph.products import SMALLEST_SCALE, Activation, Products

LEVELS: Final = 255  # of a u8 above its zero


def swish(graph: GraphBuilder, value: str, name: str) -> str:
    """Swish(x) = x * sigmoid(x), in one pass: ONNX Runtime's QuickGelu, its alpha 1."""
    return graph.contrib("QuickGelu", value, name=name, alpha=1.0)


def rectified(products: Products, value: str, layer: str) -> Activation:
    """max(0, value), float32 [..., C], as the products of `layer` take it."""
    op, constant = products.graph.op, products.graph.constant
    if products.plan.of(layer) is not PLAIN:
        return products.activation(op("Relu", value, name=f"{layer}.relu"), layer)
    # Rounded to a range that begins at zero, what is negative becomes zero by itself: the tensor
    # is read twice and never written again.
    peak = op("ReduceMax", value, name=f"{layer}.peak", keepdims=0)
    tiny = constant(f"{layer}.tiny", np.array(SMALLEST_SCALE * LEVELS, np.float32))
    levels = constant(f"{layer}.levels", np.array(LEVELS, np.float32))
    scale = op("Div", op("Max", peak, tiny, name=f"{layer}.top"), levels, name=f"{layer}.scale")
    zero = constant(f"{layer}.zero", np.array(0, np.uint8))
    values = op("QuantizeLinear", value, scale, zero, name=f"{layer}.u8")
    return Activation(layer, PLAIN, values, scale, zero)
