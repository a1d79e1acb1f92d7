"""Normalisation and activation, channels last."""

from torch import nn

from export.graph.builder import GraphBuilder
from export.graph.weights import Array, as_array

TIME = 1  # axis of [B, T, C]


def layer_norm(
    graph: GraphBuilder, value: str, norm: nn.LayerNorm, name: str, divisors: Array | None = None
) -> str:
    """Over the channels of float32 [B, T, C], which are divided by `divisors`, [C], where given."""
    by = 1 if divisors is None else divisors
    gain = graph.constant(f"{name}.gain", as_array(norm.weight) / by)
    bias = graph.constant(f"{name}.bias", as_array(norm.bias) / by)
    return graph.op("LayerNormalization", value, gain, bias, name=name, axis=-1, epsilon=norm.eps)


def added_norm(
    graph: GraphBuilder,
    parts: tuple[str, str],
    norm: nn.LayerNorm,
    name: str,
    divisors: Array | None = None,
) -> tuple[str, str]:
    """The sum of two, normalised and divided as in `layer_norm`, and the sum itself."""
    # Not Add: ONNX Runtime would make it and the norm one SkipLayerNormalization, whose code for
    # CPUs takes four times as long as the two apart.
    total = graph.op("Sum", *parts, name=f"{name}.sum")
    return layer_norm(graph, total, norm, name, divisors), total


def norm_over_time(graph: GraphBuilder, value: str, norm: nn.GroupNorm, name: str) -> str:
    """Each channel of float32 [B, T, C] over its frames: a group norm of as many groups."""
    op, constant = graph.op, graph.constant
    mean = op("ReduceMean", value, name=f"{name}.mean", axes=[TIME])
    centred = op("Sub", value, mean, name=f"{name}.centred")
    square = op("Mul", centred, centred, name=f"{name}.square")
    variance = op("ReduceMean", square, name=f"{name}.variance", axes=[TIME])
    epsilon = constant(f"{name}.epsilon", as_array(norm.weight.new_tensor(norm.eps)))
    deviation = op("Sqrt", op("Add", variance, epsilon, name=f"{name}.above"), name=f"{name}.dev")
    gain = op("Div", constant(f"{name}.gain", as_array(norm.weight)), deviation, name=f"{name}.by")
    scaled = op("Mul", centred, gain, name=f"{name}.scaled")
    return op("Add", scaled, constant(f"{name}.bias", as_array(norm.bias)), name=name)


def gelu(graph: GraphBuilder, value: str, name: str) -> str:
    """GELU(x) = x * Phi(x), exactly: ONNX Runtime's own operator, which is one pass."""
    return graph.contrib("Gelu", value, name=name)
