"""Scores of relative positions, without a table of them and without shifting rows.

Transformer-XL (Dai et al., 2019) scores a key j for a query i by the sines and cosines of their
distance: the sum over all rates r of a sin((i - j) r) + b cos((i - j) r), where a and b come from
the query. By the theorems of addition that is

    cos(jr) (b cos(ir) + a sin(ir)) + sin(jr) (b sin(ir) - a cos(ir)):

(b, -a), turned by ir, times the cosine and sine of the key's own place. So each query is turned by
its place (what RotaryEmbedding does), and all scores are one product with one table of T places,
the same for all heads and layers.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from torch import Tensor

from export.graph.builder import GraphBuilder
from export.graph.products import LARGEST, Activation, Products, Site
from export.graph.weights import Array
from export.nemo.positions import LONGEST_WAVE
from service.quantization import WeightBits

Layer = Any  # one of NeMo's modules, which have no types

NAME: Final = "places"
SAMPLED: Final = 256  # places of the table by which a calibration judges its product


@dataclass(frozen=True)
class Places:
    """Names in the graph, of T places and a width of D.

    cosines, sines: float32 [T, D / 2]; table: both, float32 [D, T]; integers: the table as s8, and
    scale, what one of them stands for. sampled: a table of other length, float32 [D, SAMPLED].
    """

    cosines: str
    sines: str
    table: str
    integers: str
    scale: str
    sampled: Array

    @classmethod
    def of(cls, graph: GraphBuilder, value: str, width: int, bits: WeightBits) -> "Places":
        """Of the frames of [B, T, D]."""
        op, rates = graph.op, _rates(width)
        count = op("Shape", value, name=f"{NAME}.count", start=1, end=2)
        end = op("Squeeze", count, name=f"{NAME}.end")
        indices = op("Range", graph.scalar(0), end, graph.scalar(1), name=f"{NAME}.indices")
        # In 64 bits: after five minutes an angle in 32 bits is off by up to 4e-4, and so would be
        # the distance of two places, however near they are to each other. Cosines as sines: older
        # versions of ONNX Runtime, such as sherpa-onnx has, know no others of 64 bits.
        real = op("Cast", indices, name=f"{NAME}.real", to=TensorProto.DOUBLE)
        column = op("Unsqueeze", real, graph.integers(1), name=f"{NAME}.column")
        twice = graph.constant(f"{NAME}.rates", np.concatenate((rates, rates)))
        turned = op("Mul", column, twice, name=f"{NAME}.turned")
        ahead = np.repeat((np.pi / 2, 0.0), len(rates))
        angles = op("Add", turned, graph.constant(f"{NAME}.ahead", ahead), name=f"{NAME}.angles")
        waves = op("Sin", angles, name=f"{NAME}.waves")
        rows = op("Cast", waves, name=f"{NAME}.rows", to=TensorProto.FLOAT)
        parts = (f"{NAME}.cosines", f"{NAME}.sines")
        cosines, sines = graph.node("Split", (rows,), parts, "", {"axis": 1})
        table = op("Transpose", rows, name=f"{NAME}.table", perm=[1, 0])
        scale = graph.constant(f"{NAME}.scale", np.array(1 / LARGEST[bits], np.float32))
        zero = graph.constant(f"{NAME}.zero", np.array(0, np.int8))
        integers = op("QuantizeLinear", table, scale, zero, name=f"{NAME}.s8")
        return cls(cosines, sines, table, integers, scale, _table(rates))

    def scores(self, products: Products, heard: Activation, layer: Layer, name: str) -> str:
        """float32 [B, heads, T, T], over the root of a head's width; layer: NeMo's attention."""
        graph, op, heads = products.graph, products.graph.op, layer.h
        weight, bias = place_weights(layer)
        asked = products.product(heard, weight, bias, f"{name}.places")
        inputs = (asked, graph.integers(0), self.cosines, self.sines)
        turned = graph.contrib("RotaryEmbedding", *inputs, name=f"{name}.turned", num_heads=heads)
        activation = products.activation(turned, f"{name}.turned")
        shape = graph.integers(0, 0, heads, len(self.sampled))
        split = op("Reshape", activation.values, shape, name=f"{name}.split")
        queries = activation.moved(
            op("Transpose", split, name=f"{name}.by_head", perm=[0, 2, 1, 3])
        )
        products.sites.append(Site(f"{name}.scores", queries, self.sampled))
        if not queries.scale:
            return op("MatMul", queries.values, self.table, name=f"{name}.scores")
        scaled = (queries.values, self.integers, queries.scale, self.scale, queries.zero_point)
        return graph.contrib("MatMulIntegerToFloat", *scaled, name=f"{name}.scores")


def place_weights(layer: Layer) -> tuple[Array, Array]:
    """float32 [D, heads * D] and [heads * D]: from a frame to (b, -a) of every head."""
    heads = layer.h
    queries = _double(layer.linear_q.weight).reshape(heads, layer.d_k, -1)  # [H, d_k, D]
    bias = _double(layer.pos_bias_v)  # [H, d_k]
    if layer.linear_q.bias is not None:
        bias = bias + _double(layer.linear_q.bias).reshape(heads, layer.d_k)
    waves = _double(layer.linear_pos.weight).reshape(heads, layer.d_k, -1) / layer.s_d_k
    turned = np.concatenate((waves[..., 1::2], -waves[..., 0::2]), axis=-1)
    weight = np.einsum("hki,hko->iho", queries, turned).reshape(queries.shape[-1], -1)
    asked = np.einsum("hk,hko->ho", bias, turned).ravel()
    return weight.astype(np.float32), asked.astype(np.float32)


def _double(parameter: Tensor) -> NDArray[np.float64]:
    values: NDArray[np.float64] = parameter.detach().cpu().double().numpy()
    return values


def _rates(width: int) -> NDArray[np.float64]:
    """Radians a frame, float64 [width / 2], rounded as NeMo has them."""
    waves = np.arange(0, width, 2, dtype=np.float32)
    rates: NDArray[np.float32] = np.exp(waves * np.float32(-(np.log(LONGEST_WAVE) / width)))
    return rates.astype(np.float64)


def _table(rates: NDArray[np.float64]) -> Array:
    angles = rates[:, np.newaxis] * np.arange(SAMPLED)
    return np.concatenate((np.cos(angles), np.sin(angles))).astype(np.float32)
