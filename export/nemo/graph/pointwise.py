"""A convolution over one frame, as a product."""

from torch import nn

from export.graph.weights import Array, as_array


def pointwise(conv: nn.Conv1d) -> tuple[Array, Array | None]:
    """Its weights, float32 [K, N], and its bias, [N]."""
    return as_array(conv.weight)[..., 0].T, None if conv.bias is None else as_array(conv.bias)
