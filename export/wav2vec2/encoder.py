"""The transformer: layers of attention and feed-forward, with the norm before each or after."""

from torch import nn
from transformers import Wav2Vec2ForCTC

from export.graph.norms import added_norm, gelu, layer_norm
from export.graph.products import Activation, Products
from export.graph.weights import as_array
from export.wav2vec2.positions import positions


def encoder(products: Products, value: str, model: Wav2Vec2ForCTC, mask: str) -> str:
    """value: float32 [B, T, C], 0 where padded. mask: int32 [B, T], 1 where a frame is heard, or
    "". Returns float32 [B, T, C].
    """
    graph, network = products.graph, model.wav2vec2.encoder
    places = positions(products, value, model)
    heads = model.config.num_attention_heads
    if model.config.do_stable_layer_norm:
        return _norm_first(products, (value, places), network, heads, mask)
    value, _ = added_norm(graph, value, places, network.layer_norm, "encoder.norm")
    for index, layer in enumerate(network.layers):
        name = f"encoder.{index}"
        heard = attention(products, value, layer.attention, heads, mask, f"{name}.attention")
        value, _ = added_norm(graph, value, heard, layer.layer_norm, f"{name}.norm")
        more = _feed_forward(products, value, layer.feed_forward, f"{name}.ffn")
        value, _ = added_norm(graph, value, more, layer.final_layer_norm, f"{name}.final_norm")
    return value


def _norm_first(
    products: Products, parts: tuple[str, str], network: nn.Module, heads: int, mask: str
) -> str:
    """Each addition is made together with the norm that comes after it: one pass for both."""
    graph = products.graph
    value, more = parts
    for index, layer in enumerate(network.layers):
        name = f"encoder.{index}"
        normed, value = added_norm(graph, value, more, layer.layer_norm, f"{name}.norm")
        heard = attention(products, normed, layer.attention, heads, mask, f"{name}.attention")
        normed, value = added_norm(
            graph, value, heard, layer.final_layer_norm, f"{name}.final_norm"
        )
        more = _feed_forward(products, normed, layer.feed_forward, f"{name}.ffn")
    return added_norm(graph, value, more, network.layer_norm, "encoder.norm")[0]


def attention(
    products: Products, value: str, layer: nn.Module, heads: int, mask: str, name: str
) -> str:
    """Multi-head attention over all frames; what is multiplied is quantised once for all three."""
    graph = products.graph
    heard = products.activation(value, name)
    queries, keys, values = (
        _linear(products, heard, getattr(layer, f"{part}_proj"), f"{name}.{part}") for part in "qkv"
    )
    inputs = [queries, keys, values, *(["", mask] if mask else [])]
    mixed = graph.contrib("MultiHeadAttention", *inputs, name=name, num_heads=heads)
    out = products.activation(mixed, f"{name}.out")
    return _linear(products, out, layer.out_proj, f"{name}.out")


def _feed_forward(products: Products, value: str, layer: nn.Module, name: str) -> str:
    heard = products.activation(value, f"{name}.in")
    wide = _linear(products, heard, layer.intermediate_dense, f"{name}.in")
    active = gelu(products.graph, wide, f"{name}.gelu")
    out = products.activation(active, f"{name}.out")
    return _linear(products, out, layer.output_dense, f"{name}.out")


def _linear(products: Products, heard: Activation, layer: nn.Linear, name: str) -> str:
    bias = None if layer.bias is None else as_array(layer.bias)
    return products.product(heard, as_array(layer.weight).T, bias, name)
