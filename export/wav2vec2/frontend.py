"""The convolutional front end: samples to frames of 512 channels, every layer a matrix product.

The first convolution reads one channel, and stays in float32: it is a hundredth of the work, and
8 bits would have to hold the quietest and the loudest sample of the waveform.
"""

from typing import Any

import numpy as np
from torch import nn
from transformers import Wav2Vec2ForCTC

from export.graph.norms import gelu, layer_norm, norm_over_time
from export.graph.products import Activation, Products
from export.graph.unfolding import unfold
from export.graph.weights import Array, as_array
from export.wav2vec2.pieces import in_pieces, pays
from service.framing import Convolutions


def frontend(products: Products, waveform: str, model: Wav2Vec2ForCTC) -> str:
    """waveform: float32 [B, N]. Returns float32 [B, T, C]."""
    config = model.config
    if products.whole or not pays(config):
        return _convolutions(products, waveform, model)
    framing = Convolutions(tuple(zip(config.conv_kernel, config.conv_stride, strict=True)))
    return in_pieces(
        products.graph, waveform, framing, lambda piece: _convolutions(products, piece, model)
    )


def _convolutions(products: Products, waveform: str, model: Wav2Vec2ForCTC) -> str:
    graph = products.graph
    layers: Any = model.wav2vec2.feature_extractor.conv_layers
    value = graph.op("Unsqueeze", waveform, graph.integers(2), name="samples")
    for index, layer in enumerate(layers):
        name = f"frontend.{index}"
        heard = products.activation(value, name) if index else products.in_float(value, name)
        value = _convolved(products, heard, layer.conv, name)
        norm = getattr(layer, "layer_norm", None)
        if isinstance(norm, nn.GroupNorm):
            value = norm_over_time(graph, value, norm, f"{name}.norm")
        elif norm is not None:
            value = layer_norm(graph, value, norm, f"{name}.norm")
        value = gelu(graph, value, f"{name}.gelu")
    return value


def _convolved(products: Products, heard: Activation, conv: nn.Conv1d, name: str) -> str:
    kernel, stride, channels = conv.kernel_size[0], conv.stride[0], conv.in_channels
    graph = products.graph
    rows = heard.moved(unfold(graph, heard.values, kernel, stride, channels))
    weight, bias = _as_matrix(as_array(conv.weight)), conv.bias
    if heard.scale or bias is None:
        return products.product(rows, weight, None if bias is None else as_array(bias), name)
    # A bias of its own would be one more pass over the largest tensor of all: it is the weight of
    # a tap that is always 1.
    pads = graph.integers(0, 0, 0, 0, 0, 1)
    one = graph.constant("one", np.array(1, dtype=np.float32))
    with_one = graph.op("Pad", rows.values, pads, one, name=f"{name}.with_one")
    return products.product(rows.moved(with_one), np.vstack([weight, as_array(bias)]), None, name)


def _as_matrix(weight: Array) -> Array:
    """[C_out, C_in, kernel] to [kernel * C_in, C_out], as the taps of `unfold` lie."""
    return np.ascontiguousarray(weight.transpose(2, 1, 0).reshape(-1, weight.shape[0]))
