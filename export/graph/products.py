"""Matrix products of activations with constant weights: in int8, or in float32 where that is kept.

Weights are s8, symmetric, one scale a column. Activations are u8, one scale and zero point a
tensor, found anew for every input (ONNX's DynamicQuantizeLinear, whose range always has a zero).
An activation is quantised once for all products that take it, and moved about (unfolded, padded,
transposed) as bytes.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from export.graph.builder import GraphBuilder

Array = NDArray[np.float32]
WeightBits = Literal[7, 8]

LARGEST: Final[dict[WeightBits, int]] = {7: 64, 8: 127}  # of a weight's integer
SMALLEST_SCALE: Final = float(np.finfo(np.float32).tiny)  # of a column of zeros


@dataclass(frozen=True)
class Activation:
    """A value on its way into products: u8 with a scale and a zero point, or float32 with neither.

    All three are names in the graph.
    """

    values: str
    scale: str = ""
    zero_point: str = ""

    @property
    def is_quantized(self) -> bool:
        """Whether its products are int8."""
        return bool(self.scale)

    def moved(self, values: str) -> "Activation":
        """The same numbers in other places."""
        return replace(self, values=values)


@dataclass
class Products:
    """Makes products in a graph, each by the name of its layer, and counts them.

    bits: of the weights; in_float: names of layers that stay in float32.
    """

    graph: GraphBuilder
    bits: WeightBits
    in_float: Collection[str] = ()
    quantized: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def activation(self, value: str, layer: str) -> Activation:
        """`value`, float32, as the products of `layer` take it."""
        if layer in self.in_float:
            return Activation(value)
        names = tuple(f"{layer}.{part}" for part in ("u8", "scale", "zero_point"))
        return Activation(*self.graph.node("DynamicQuantizeLinear", (value,), names, "", {}))

    def product(self, activation: Activation, weight: Array, bias: Array | None, name: str) -> str:
        """activation @ weight + bias: float32 [..., N].

        weight: float32 [K, N]; bias: float32 [N]; name: of the product and its weights.
        """
        if not activation.is_quantized:
            return self._in_float(activation, weight, bias, name)
        self.quantized.append(name)
        integers, scales = quantized_columns(weight, self.bits)
        constant = self.graph.constant
        inputs = [
            activation.values,
            constant(f"{name}.weight", integers),
            activation.scale,
            constant(f"{name}.weight_scale", scales),
            activation.zero_point,
            "",  # symmetric weights have their zero at zero
        ]
        if bias is not None:
            inputs.append(constant(f"{name}.bias", bias))
        return self.graph.contrib("MatMulIntegerToFloat", *inputs, name=name)

    def _in_float(
        self, activation: Activation, weight: Array, bias: Array | None, name: str
    ) -> str:
        self.kept.append(name)
        op, constant = self.graph.op, self.graph.constant
        product = op("MatMul", activation.values, constant(f"{name}.weight", weight), name=name)
        if bias is None:
            return product
        return op("Add", product, constant(f"{name}.bias", bias), name=f"{name}.biased")


def quantized_columns(weight: Array, bits: WeightBits) -> tuple[NDArray[np.int8], Array]:
    """weight: float32 [K, N]. Returns s8 [K, N] and float32 [N]: weight is nearly s8 * scale."""
    largest = LARGEST[bits]
    scale = np.maximum(np.abs(weight).max(axis=0) / largest, SMALLEST_SCALE).astype(np.float32)
    integers = np.clip(np.rint(weight / scale), -largest, largest)
    return integers.astype(np.int8), scale
