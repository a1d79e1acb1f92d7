"""Outlier channels, as trained checkpoints have them and random ones lack.

A channel's gain is moved from a product's weights into the layer norm before it: the function stays
the same in float32, and the product's input gets a few channels that are far larger than the rest.
"""

import importlib
from typing import Any, Final

CHANNELS: Final = 6  # of each layer norm
SMALLEST, LARGEST = 20.0, 50.0  # gains
SEED: Final = 11


def plant(model: Any) -> None:  # noqa: ANN401  # a Wav2Vec2ForCTC of stable layer norm
    """In place: before the attention and the feed-forward of every layer."""
    torch: Any = importlib.import_module("torch")
    random = torch.Generator().manual_seed(SEED)
    for layer in model.wav2vec2.encoder.layers:
        attention, feed_forward = layer.attention, layer.feed_forward
        heard = [attention.q_proj, attention.k_proj, attention.v_proj]
        _move(torch, random, layer.layer_norm, heard)
        _move(torch, random, layer.final_layer_norm, [feed_forward.intermediate_dense])


def _move(torch: Any, random: Any, norm: Any, products: list[Any]) -> None:  # noqa: ANN401  # torch's
    width = norm.weight.shape[0]
    channels = torch.randperm(width, generator=random)[:CHANNELS]
    gains = torch.empty(len(channels)).uniform_(SMALLEST, LARGEST, generator=random)
    with torch.no_grad():
        norm.weight[channels] *= gains
        norm.bias[channels] *= gains
        for product in products:
            product.weight[:, channels] /= gains
