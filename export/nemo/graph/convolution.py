"""The convolution module: gated, along time, each channel for itself."""

from typing import Any

import numpy as np

from export.graph.products import Activation, Products
from export.graph.weights import Array, as_array
from export.nemo.graph.activations import swish
from export.nemo.graph.frames import Frames
from export.nemo.graph.pointwise import pointwise

Layer = Any  # one of NeMo's modules, which have no types


def convolved(
    products: Products, heard: Activation, layer: Layer, frames: Frames, name: str
) -> str:
    """heard: [B, T, C], normalised. Returns float32 [B, T, C]."""
    graph, op = products.graph, products.graph.op
    # The halves are two products: to split one would be a pass over both.
    value, gate = (
        products.product(heard, weight, bias, f"{name}.{part}")
        for part, (weight, bias) in zip(("value", "gate"), _halves(layer), strict=True)
    )
    opened = op("Sigmoid", gate, name=f"{name}.opened")
    gated = op("Mul", value, opened, name=f"{name}.gated")
    kept = op("Mul", gated, frames.mask.factors, name=f"{name}.kept")
    active = swish(graph, _along_time(products, kept, layer, frames.reach, name), f"{name}.swish")
    out = products.activation(active, f"{name}.out")
    return products.product(out, *pointwise(layer.pointwise_conv2), f"{name}.out")


def _along_time(
    products: Products, value: str, layer: Layer, reach: tuple[int, int], name: str
) -> str:
    """The depthwise convolution and its norm: float32 [B, T, C]."""
    graph, op = products.graph, products.graph.op
    weight, bias = _folded(layer)
    before, after = reach
    # In two dimensions, one of size 1, and with both transpositions beside it: that is what ONNX
    # Runtime has blocked kernels for. The same in one dimension takes six times as long.
    row = op("Unsqueeze", value, graph.integers(1), name=f"{name}.row")
    first = op("Transpose", row, name=f"{name}.channels_first", perm=[0, 3, 1, 2])
    convolved = op(
        "Conv",
        first,
        graph.constant(f"{name}.depthwise.weight", weight),
        graph.constant(f"{name}.depthwise.bias", bias),
        name=f"{name}.depthwise",
        group=len(bias),
        kernel_shape=[1, weight.shape[-1]],
        pads=[0, before, 0, after],
    )
    last = op("Transpose", convolved, name=f"{name}.channels_last", perm=[0, 2, 3, 1])
    return op("Squeeze", last, graph.integers(1), name=f"{name}.frames")


def _folded(layer: Layer) -> tuple[Array, Array]:
    """The depthwise kernel with the norm of its batch in it: float32 [C, 1, 1, k] and [C]."""
    conv, norm = layer.depthwise_conv, layer.batch_norm
    gain = as_array(norm.weight) / np.sqrt(as_array(norm.running_var) + np.float32(norm.eps))
    bias = as_array(norm.bias) - as_array(norm.running_mean) * gain
    if conv.bias is not None:
        bias = bias + as_array(conv.bias) * gain
    return as_array(conv.weight)[:, :, np.newaxis] * gain[
        :, np.newaxis, np.newaxis, np.newaxis
    ], bias


def _halves(layer: Layer) -> list[tuple[Array, Array | None]]:
    weight, bias = pointwise(layer.pointwise_conv1)
    biases = (None, None) if bias is None else np.split(bias, 2)
    return list(zip(np.split(weight, 2, axis=1), biases, strict=True))
