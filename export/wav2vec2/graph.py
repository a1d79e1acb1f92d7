"""The whole network: samples in, logits out."""

from collections.abc import Mapping
from typing import Final

from onnx import ModelProto, TensorProto
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from export.errors import UnknownStructure
from export.graph.norms import layer_norm
from export.graph.products import Products, linear
from export.wav2vec2.encoder import encoder
from export.wav2vec2.frontend import frontend
from export.wav2vec2.mask import frame_mask, silenced

# What is written here; other settings change what the network computes.
KNOWN: Final[Mapping[str, tuple[object, ...]]] = {
    "feat_extract_norm": ("layer", "group"),
    "feat_extract_activation": ("gelu",),
    "hidden_act": ("gelu",),
    "add_adapter": (False,),
    "adapter_attn_dim": (None,),
}


def build(products: Products, model: Wav2Vec2ForCTC, names: tuple[str, str, str]) -> ModelProto:
    """Inputs: float32 waveforms [B, N] and, where its name is not "", an int64 mask [B, N], 1
    where there is sound; output: float32 logits [B, T, V]. `names` are theirs, in this order.

    Raises UnknownStructure for a setting that is not written here.
    """
    _check(model.config)
    waveform, mask, logits = names
    graph, axes = products.graph, ["batch", "samples"]
    samples = graph.input(waveform, TensorProto.FLOAT, axes)
    heard_samples = graph.input(mask, TensorProto.INT64, axes) if mask else ""
    value = frontend(products, samples, model)
    projection = model.wav2vec2.feature_projection
    divisors = products.divisors("projection")
    value = layer_norm(graph, value, projection.layer_norm, "projection.norm", divisors)
    heard = products.activation(value, "projection", divided=True)
    value = linear(products, heard, projection.projection, "projection")
    frames = ""
    if mask:
        frames = frame_mask(graph, heard_samples, value, model)
        value = silenced(graph, value, frames)
    value = encoder(products, value, model, frames)
    head = products.activation(value, "head")
    scores = linear(products, head, model.lm_head, "head")
    return graph.model(scores, logits, ["batch", "frames", model.config.vocab_size])


def _check(config: Wav2Vec2Config) -> None:
    for name, known in KNOWN.items():
        value = getattr(config, name, None)
        if value not in known:
            raise UnknownStructure(name, expected=" or ".join(map(repr, known)), got=repr(value))
