"""Matrix products of activations with constant weights: in int8, or in float32 where that is kept.

Weights are s8, symmetric, one scale a column. Activations are u8, one scale and zero point a
tensor, found anew for every input (ONNX's DynamicQuantizeLinear, whose range always has a zero),
unless the plan has another treatment for the layer. An activation is quantised once for all
products that take it, and moved about (unfolded, padded, transposed) as bytes.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import nn

from export.graph.builder import GraphBuilder
from export.graph.plan import IN_FLOAT, Plan, Treatment
from export.graph.weights import Array, as_array
from service.quantization import WeightBits

LARGEST: Final[dict[WeightBits, int]] = {7: 64, 8: 127}  # of a weight's integer
SMALLEST_SCALE: Final = float(np.finfo(np.float32).tiny)  # of a column or a row of zeros
ROW_ZERO, ROW_LEVELS = 128, 127  # u8 that stands for 0, and levels on each side of it


@dataclass(frozen=True)
class Activation:
    """A value on its way into the products of a layer.

    values: u8 with scale and zero point, or float32 with neither ("" for both); row_scale: float32
    [..., T, 1] that products are multiplied by, or "": all are names in the graph. is_fixed: it is
    float32 whatever the plan says; is_moved: columns are no channels, or rows no frames, any more.
    """

    layer: str
    treatment: Treatment
    values: str
    scale: str = ""
    zero_point: str = ""
    row_scale: str = ""
    is_fixed: bool = False
    is_moved: bool = False

    def moved(self, values: str) -> "Activation":
        """The same numbers in other places. Raises ValueError for a treatment that knows each
        number by its channel or its row.
        """
        if self.row_scale or self.treatment.divisors is not None:
            got = self.treatment.name
            raise ValueError(f"{self.layer}: expected one scale for all numbers, got {got}")
        return replace(self, values=values, is_moved=True)


@dataclass(frozen=True)
class Site:
    """A product: its name, what goes in, and its weights, float32 [K, N]."""

    name: str
    activation: Activation
    weight: Array


@dataclass
class Products:
    """Makes products in a graph by a plan, and remembers them.

    whole: no part of the network is run in pieces, whose values nobody outside of them can read.
    """

    graph: GraphBuilder
    plan: Plan
    whole: bool = False
    sites: list[Site] = field(default_factory=list)

    @property
    def quantized(self) -> list[str]:
        """Names of products in int8."""
        return [site.name for site in self.sites if site.activation.scale]

    @property
    def kept(self) -> list[str]:
        """Names of products in float32."""
        return [site.name for site in self.sites if not site.activation.scale]

    def divisors(self, layer: str) -> Array | None:
        """What a norm or a product before the layer may divide its channels by, at no cost, if
        nothing but this layer takes them; the activation is then asked for as `divided`.
        """
        return self.plan.of(layer).divisors

    def activation(self, value: str, layer: str, *, divided: bool = False) -> Activation:
        """`value`, float32 [..., C], as the products of `layer` take it."""
        treatment, op = self.plan.of(layer), self.graph.op
        if treatment.divisors is not None and not divided:
            factors = self.graph.constant(f"{layer}.factors", 1 / treatment.divisors)
            value = op("Mul", value, factors, name=f"{layer}.divided")
        if treatment.in_float:
            return Activation(layer, treatment, value)
        if treatment.by_row:
            return self._by_row(value, layer, treatment)
        names = tuple(f"{layer}.{part}" for part in ("u8", "scale", "zero_point"))
        values, scale, zero = self.graph.node("DynamicQuantizeLinear", (value,), names, "", {})
        return Activation(layer, treatment, values, scale, zero)

    def in_float(self, value: str, layer: str) -> Activation:
        """`value` for a layer that is float32 whatever the plan says."""
        return Activation(layer, IN_FLOAT, value, is_fixed=True)

    def product(self, activation: Activation, weight: Array, bias: Array | None, name: str) -> str:
        """The product and bias: float32 [..., N].

        activation: [..., K]; weight: float32 [K, N]; bias: float32 [N]; name: the product's.
        """
        self.sites.append(Site(name, activation, weight))
        op, constant = self.graph.op, self.graph.constant
        if activation.treatment.divisors is not None:
            weight = weight * activation.treatment.divisors[:, np.newaxis]
        if not activation.scale:
            product = op("MatMul", activation.values, constant(f"{name}.weight", weight), name=name)
        else:
            if not activation.row_scale:
                return self._in_int8(activation, weight, bias, name)
            product = self._in_int8(activation, weight, None, f"{name}.unit")
            product = op("Mul", product, activation.row_scale, name=name)
        if bias is None:
            return product
        return op("Add", product, constant(f"{name}.bias", bias), name=f"{name}.biased")

    def _in_int8(self, activation: Activation, weight: Array, bias: Array | None, name: str) -> str:
        constant = self.graph.constant
        integers, scales = quantized_columns(weight, self.plan.bits)
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

    def _by_row(self, value: str, layer: str, treatment: Treatment) -> Activation:
        op, constant = self.graph.op, self.graph.constant
        size = op("Abs", value, name=f"{layer}.size")
        peak = op("ReduceMax", size, name=f"{layer}.peak", axes=[-1])
        tiny = constant(f"{layer}.tiny", np.array(SMALLEST_SCALE, np.float32))
        above = op("Max", peak, tiny, name=f"{layer}.above_zero")
        unit = op("Div", value, above, name=f"{layer}.unit")
        step = constant(f"{layer}.step", np.array(1 / ROW_LEVELS, np.float32))
        zero = constant(f"{layer}.zero", np.array(ROW_ZERO, np.uint8))
        values = op("QuantizeLinear", unit, step, zero, name=f"{layer}.u8")
        return Activation(layer, treatment, values, step, zero, row_scale=above)


def linear(
    products: Products,
    activation: Activation,
    layer: nn.Linear,
    name: str,
    divisors: Array | None = None,
) -> str:
    """A layer of torch as a product, whose answers are divided by `divisors`, [N], where given."""
    weight = as_array(layer.weight).T
    bias = None if layer.bias is None else as_array(layer.bias)
    if divisors is not None:
        weight = weight / divisors
        bias = None if bias is None else bias / divisors
    return products.product(activation, weight, bias, name)


def quantized_columns(weight: Array, bits: WeightBits) -> tuple[NDArray[np.int8], Array]:
    """weight: float32 [K, N]. Returns s8 [K, N] and float32 [N]: weight is nearly s8 * scale."""
    largest = LARGEST[bits]
    scale = np.maximum(np.abs(weight).max(axis=0) / largest, SMALLEST_SCALE).astype(np.float32)
    integers = np.clip(np.rint(weight / scale), -largest, largest)
    return integers.astype(np.int8), scale
