"""A conformer's layer: half a feed-forward, attention, convolution, the other half."""

from typing import Any, Final

import numpy as np

from export.graph.norms import added_norm, layer_norm
from export.graph.products import Activation, Products, linear
from export.graph.weights import Array, as_array
from export.nemo.graph.activations import swish
from export.nemo.graph.convolution import convolved
from export.nemo.graph.frames import Frames

Layer = Any  # one of NeMo's modules, which have no types
HALF: Final = np.float32(0.5)  # of each feed-forward (Gulati et al., 2020, equation 1)


def conformer_layer(products: Products, value: str, layer: Layer, frames: Frames, name: str) -> str:
    """float32 [B, T, C], normalised by the layer's own last norm; so was `value`."""
    graph = products.graph

    def normed(total: str, more: str, norm: Layer, into: str) -> tuple[Activation, str]:
        divisors = products.divisors(into)
        values, total = added_norm(graph, (total, more), norm, f"{into}.norm", divisors)
        return products.activation(values, into, divided=True), total

    into = f"{name}.ffn1.in"
    divisors = products.divisors(into)
    first = layer_norm(graph, value, layer.norm_feed_forward1, f"{into}.norm", divisors)
    heard = products.activation(first, into, divided=True)
    more = _half_feed_forward(products, heard, layer.feed_forward1, f"{name}.ffn1")
    heard, value = normed(value, more, layer.norm_self_att, f"{name}.attention")
    more = _attention(products, heard, layer.self_attn, frames, f"{name}.attention")
    heard, value = normed(value, more, layer.norm_conv, f"{name}.conv")
    more = convolved(products, heard, layer.conv, frames, f"{name}.conv")
    heard, value = normed(value, more, layer.norm_feed_forward2, f"{name}.ffn2.in")
    more = _half_feed_forward(products, heard, layer.feed_forward2, f"{name}.ffn2")
    return added_norm(graph, (value, more), layer.norm_out, f"{name}.norm")[0]


def _attention(
    products: Products, heard: Activation, layer: Layer, frames: Frames, name: str
) -> str:
    graph = products.graph
    places = frames.places.scores(products, heard, layer, name)
    queries = products.product(heard, *query_weights(layer), f"{name}.queries")
    keys = linear(products, heard, layer.linear_k, f"{name}.keys")
    values = linear(products, heard, layer.linear_v, f"{name}.values")
    inputs = (queries, keys, values, "", frames.mask.heard, places)
    mixed = graph.contrib("MultiHeadAttention", *inputs, name=name, num_heads=layer.h)
    out = products.activation(mixed, f"{name}.out")
    return linear(products, out, layer.linear_out, f"{name}.out")


def query_weights(layer: Layer) -> tuple[Array, Array]:
    """Of the queries for what the keys are, which have a bias of their own."""
    bias = as_array(layer.pos_bias_u).ravel()
    if layer.linear_q.bias is not None:
        bias = bias + as_array(layer.linear_q.bias)
    return as_array(layer.linear_q.weight).T, bias


def _half_feed_forward(products: Products, heard: Activation, layer: Layer, name: str) -> str:
    wide = linear(products, heard, layer.linear1, f"{name}.in")
    out = products.activation(swish(products.graph, wide, f"{name}.swish"), f"{name}.out")
    bias = None if layer.linear2.bias is None else as_array(layer.linear2.bias) * HALF
    return products.product(out, as_array(layer.linear2.weight).T * HALF, bias, f"{name}.out")
