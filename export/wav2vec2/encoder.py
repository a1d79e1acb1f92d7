"""The transformer: layers of attention and feed-forward, with the norm before each or after."""

from typing import Any

from transformers import Wav2Vec2ForCTC

from export.graph.norms import added_norm, gelu
from export.graph.products import Activation, Products, linear
from export.wav2vec2.positions import positions

Layer = Any  # one of transformers' modules, which do not tell the types of their parts


def encoder(products: Products, value: str, model: Wav2Vec2ForCTC, mask: str) -> str:
    """value: float32 [B, T, C], 0 where padded. mask: int32 [B, T], 1 where a frame is heard, or
    "". Returns float32 [B, T, C].
    """
    places = positions(products, value, model)
    network: Layer = model.wav2vec2.encoder
    heads = model.config.num_attention_heads
    in_order = _norm_first if model.config.do_stable_layer_norm else _norm_last
    return in_order(products, (value, places), network, (heads, mask))


def _norm_last(
    products: Products, parts: tuple[str, str], network: Layer, how: tuple[int, str]
) -> str:
    graph = products.graph
    value, _ = added_norm(graph, parts, network.layer_norm, "encoder.norm")
    for index, layer in enumerate(network.layers):
        name = f"encoder.{index}"
        into = products.activation(value, f"{name}.attention")
        heard = _attention(products, into, layer.attention, how, f"{name}.attention")
        value, _ = added_norm(graph, (value, heard), layer.layer_norm, f"{name}.norm")
        into = products.activation(value, f"{name}.ffn.in")
        more = _feed_forward(products, into, layer.feed_forward, f"{name}.ffn")
        value, _ = added_norm(graph, (value, more), layer.final_layer_norm, f"{name}.final_norm")
    return value


def _norm_first(
    products: Products, parts: tuple[str, str], network: Layer, how: tuple[int, str]
) -> str:
    """Each sum stays as it is beside its norm: the next one is made of it."""
    graph = products.graph

    def normed(value: str, more: str, norm: Layer, into: str) -> tuple[Activation, str]:
        divisors = products.divisors(into)
        values, total = added_norm(graph, (value, more), norm, f"{into}.norm", divisors)
        return products.activation(values, into, divided=True), total

    value, more = parts
    for index, layer in enumerate(network.layers):
        name = f"encoder.{index}"
        into, value = normed(value, more, layer.layer_norm, f"{name}.attention")
        heard = _attention(products, into, layer.attention, how, f"{name}.attention")
        into, value = normed(value, heard, layer.final_layer_norm, f"{name}.ffn.in")
        more = _feed_forward(products, into, layer.feed_forward, f"{name}.ffn")
    return added_norm(graph, (value, more), network.layer_norm, "encoder.norm")[0]


def _attention(
    products: Products, heard: Activation, layer: Layer, how: tuple[int, str], name: str
) -> str:
    """Of as many heads, over the frames that the mask leaves; `how` is both. Its answers are means
    of the values, so that what divides one divides the other.
    """
    heads, mask = how
    divisors = products.divisors(f"{name}.out")
    queries = linear(products, heard, layer.q_proj, f"{name}.queries")
    keys = linear(products, heard, layer.k_proj, f"{name}.keys")
    values = linear(products, heard, layer.v_proj, f"{name}.values", divisors)
    inputs = (queries, keys, values, *(("", mask) if mask else ()))
    mixed = products.graph.contrib("MultiHeadAttention", *inputs, name=name, num_heads=heads)
    out = products.activation(mixed, f"{name}.out", divided=True)
    return linear(products, out, layer.out_proj, f"{name}.out")


def _feed_forward(products: Products, heard: Activation, layer: Layer, name: str) -> str:
    wide = linear(products, heard, layer.intermediate_dense, f"{name}.in")
    active = gelu(products.graph, wide, f"{name}.gelu")
    out = products.activation(active, f"{name}.out")
    return linear(products, out, layer.output_dense, f"{name}.out")
