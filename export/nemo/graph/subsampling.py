"""Convolutions in time and frequency, each of stride 2: features to frames of the network's width.

Of the `striding` kind, every convolution but the first is a product in int8. Of the `dw_striding`
kind, every pointwise one is, and those of single channels stay convolutions. The first reads one
channel, and stays in float32: it is a sixtieth of the work of the second.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from torch import nn

from export.graph.products import Products
from export.graph.weights import Array, as_array
from export.nemo.graph.activations import rectified
from export.nemo.graph.grid import KERNEL, STRIDE, Grid, halved

Layer = Any  # one of NeMo's modules, which have no types
NAME: Final = "subsampling"


def subsampled(products: Products, grid: Grid, encoder: Layer) -> str:
    """Frames of the features in `grid`: float32 [B, T', D]."""
    layer = encoder.pre_encode
    convolutions = [part for part in layer.conv if isinstance(part, nn.Conv2d)]
    separable = any(conv.groups > 1 for conv in convolutions)
    value = _first(products, grid, convolutions[0], framed=not separable and len(convolutions) > 1)
    further = _separable if separable else _dense
    value, frequencies = further(products, grid, value, convolutions[1:])
    return _out(products, value, layer.out, frequencies, encoder.xscale or 1.0)


def _first(products: Products, grid: Grid, conv: Layer, *, framed: bool) -> str:
    """float32 [B, T', F', C], before the rectifier, and exactly 0 where nothing is heard: the bias
    is the weight of a tap that is 1 elsewhere.
    """
    name = f"{NAME}.0"
    weight = np.vstack((_taps(conv), as_array(conv.bias)))
    seen = products.in_float(grid.features_seen(framed=framed), name)
    return products.product(seen, weight, None, name)


def _dense(
    products: Products, grid: Grid, value: str, convolutions: Sequence[Layer]
) -> tuple[str, int]:
    """The other convolutions over all channels, and how many frequencies are left."""
    frequencies = halved(grid.frequencies)
    for stage, conv in enumerate(convolutions, 1):
        name, framed = f"{NAME}.{stage}", stage < len(convolutions)
        heard = rectified(products, value, name)
        seen = grid.seen(heard.values, stage, frequencies, conv.in_channels, framed=framed)
        value = products.product(heard.moved(seen), _taps(conv), as_array(conv.bias), name)
        frequencies = halved(frequencies)
        if framed:
            value = grid.silenced(value, stage, frequencies, framed=True)
    return value, frequencies


def _separable(
    products: Products, grid: Grid, value: str, convolutions: Sequence[Layer]
) -> tuple[str, int]:
    """The others in pairs, along each channel and then across them."""
    op, frequencies = products.graph.op, halved(grid.frequencies)
    pairs = list(zip(convolutions[::2], convolutions[1::2], strict=True))
    for stage, (along, across) in enumerate(pairs, 1):
        name = f"{NAME}.{stage}"
        active = op("Relu", value, name=f"{name}.relu")
        heard = products.activation(_depthwise(products, active, along, name), name)
        value = products.product(heard, _taps(across), as_array(across.bias), name)
        frequencies = halved(frequencies)
        if stage < len(pairs):
            value = grid.silenced(value, stage, frequencies, framed=False)
    return value, frequencies


def _depthwise(products: Products, value: str, conv: Layer, name: str) -> str:
    graph, op = products.graph, products.graph.op
    weight = graph.constant(f"{name}.depthwise.weight", as_array(conv.weight))
    bias = graph.constant(f"{name}.depthwise.bias", as_array(conv.bias))
    first = op("Transpose", value, name=f"{name}.channels_first", perm=[0, 3, 1, 2])
    shape = {"kernel_shape": [KERNEL] * 2, "strides": [STRIDE] * 2, "pads": [KERNEL // 2] * 4}
    seen = op("Conv", first, weight, bias, name=f"{name}.depthwise", group=conv.groups, **shape)
    return op("Transpose", seen, name=f"{name}.channels_last", perm=[0, 2, 3, 1])


def _out(products: Products, value: str, linear: Layer, frequencies: int, scale: float) -> str:
    """Frequencies and channels of a frame as one row, times the scale of the positions' sum."""
    graph, name = products.graph, f"{NAME}.out"
    heard = rectified(products, value, name)
    row = graph.op(
        "Reshape", heard.values, graph.integers(0, 0, linear.in_features), name=f"{name}.row"
    )
    by_channel = as_array(linear.weight).reshape(linear.out_features, -1, frequencies)
    weight = by_channel.transpose(2, 1, 0).reshape(linear.in_features, -1) * np.float32(scale)
    return products.product(
        heard.moved(row), weight, as_array(linear.bias) * np.float32(scale), name
    )


def _taps(conv: Layer) -> Array:
    """[out, in, time, frequency] to [taps * in, out], as the taps lie in a row."""
    weight = as_array(conv.weight)
    return np.ascontiguousarray(weight.transpose(2, 3, 1, 0).reshape(-1, weight.shape[0]))
