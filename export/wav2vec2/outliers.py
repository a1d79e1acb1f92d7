"""Outliers, as trained checkpoints have them and random ones lack, planted into a network.

In float32 the network stays what it was: what is scaled up is scaled back by the weights that
follow, or cancelled. Channels: of the layer norms before the products of attention, feed-forward
(where nothing else takes them: stable layer norm) and projection, and of attention's values
(Dettmers et al., 2022, "LLM.int8()"). Frames: units of the feed-forward that are huge in some
frames, as Sun et al. (2024, "Massive activations") found, in pairs that cancel each other.
"""

from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn
from transformers import Wav2Vec2ForCTC

SEED: Final = 11
FIRING: Final = 0.02  # of the frames that are heard while planting


@dataclass(frozen=True)
class Outliers:
    """What is planted: channels of every norm and of every attention's values, and pairs of units
    of every feed-forward, that are `factor` times what they were, or what the largest others are.
    """

    factor: float
    channels: int = 6
    pairs: int = 4


def plant(model: Wav2Vec2ForCTC, outliers: Outliers, waveform: Tensor) -> None:
    """Change the model in place. waveform: float32 [N], a model input: units fire at some frames of
    it.
    """
    random = torch.Generator().manual_seed(SEED)
    network: Any = model.wav2vec2
    with torch.no_grad():
        projection = network.feature_projection
        _scale(projection.layer_norm, [projection.projection], outliers, random)
        for layer in network.encoder.layers:
            attention, wide = layer.attention, layer.feed_forward.intermediate_dense
            if model.config.do_stable_layer_norm:
                heard = [attention.q_proj, attention.k_proj, attention.v_proj]
                _scale(layer.layer_norm, heard, outliers, random)
                _scale(layer.final_layer_norm, [wide], outliers, random)
            _scale(attention.v_proj, [attention.out_proj], outliers, random)
        if outliers.pairs:
            _add_units(model, outliers, waveform, random)


def _scale(
    source: nn.Module, takers: list[nn.Linear], outliers: Outliers, random: torch.Generator
) -> None:
    """Some outputs of a norm or a product, and what the products that take them make of those."""
    weight: Any = source.weight
    bias: Any = source.bias
    channels = torch.randperm(len(weight), generator=random)[: outliers.channels]
    weight[channels] *= outliers.factor
    bias[channels] *= outliers.factor
    for taker in takers:
        taker.weight[:, channels] /= outliers.factor


def _add_units(
    model: Wav2Vec2ForCTC, outliers: Outliers, waveform: Tensor, random: torch.Generator
) -> None:
    """Layer by layer, each hearing what the ones before make of the waveform."""
    layers: Any = model.wav2vec2.encoder.layers
    handles = [
        layer.feed_forward.register_forward_pre_hook(
            lambda part, inputs: _widen(part, inputs[0][0], outliers, random)
        )
        for layer in layers
    ]
    model(waveform[None])
    for handle in handles:
        handle.remove()
    model.config.intermediate_size += 2 * outliers.pairs


def _widen(part: Any, heard: Tensor, outliers: Outliers, random: torch.Generator) -> None:  # noqa: ANN401 # one of transformers' modules, whose parts have no types
    """heard: float32 [T, C], the feed-forward's input."""
    wide, narrow = part.intermediate_dense, part.output_dense
    largest = nn.functional.gelu(wide(heard)).abs().max()
    directions = torch.randn(outliers.pairs, heard.shape[1], generator=random)
    along = heard @ directions.T  # [T, pairs]
    threshold, peak = along.quantile(1 - FIRING, dim=0), along.max(dim=0).values
    gains = outliers.factor * largest / (peak - threshold)
    rows, shifts = directions * gains[:, None], -threshold * gains
    wide.weight = nn.Parameter(torch.cat([wide.weight, rows, rows]))
    wide.bias = nn.Parameter(torch.cat([wide.bias, shifts, shifts]))
    spread = narrow.weight.std()
    columns = spread * torch.randn(len(narrow.weight), outliers.pairs, generator=random)
    narrow.weight = nn.Parameter(torch.cat([narrow.weight, columns, -columns], dim=1))
    wide.out_features = narrow.in_features = len(wide.weight)
