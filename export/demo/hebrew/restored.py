"""he-demo's checkpoint, read back from the graph that `export/wav2vec2` writes.

The training takes hours; the bundle is to follow every change of the graph.
"""

from pathlib import Path
from typing import Final

import numpy as np
import torch
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from export.demo.hebrew.model import demo_config, save_checkpoint
from export.demo.stored import StoredWeights
from export.errors import UnsupportedCheckpoint
from export.graph.weights import Array, as_array
from export.huggingface import TRAINING_WEIGHTS
from export.wav2vec2.positions import SHARED
from service.bundle import Bundle

State = dict[str, Array]

FEATURES: Final = "wav2vec2.feature_extractor.conv_layers"
PROJECTION: Final = "wav2vec2.feature_projection"
ENCODER: Final = "wav2vec2.encoder"
POSITIONS: Final = f"{ENCODER}.pos_conv_embed.conv"
PRODUCTS: Final = {  # of a layer of the encoder: the graph's names, and the network's
    "attention.queries": "attention.q_proj",
    "attention.keys": "attention.k_proj",
    "attention.values": "attention.v_proj",
    "attention.out": "attention.out_proj",
    "ffn.in": "feed_forward.intermediate_dense",
    "ffn.out": "feed_forward.output_dense",
}
NORMS: Final = {"attention.norm": "layer_norm", "ffn.in.norm": "final_layer_norm"}


def restore_hebrew(bundle: Bundle, folder: Path) -> None:
    """Write the checkpoint into `folder`. Raises UnsupportedCheckpoint for another structure."""
    config = demo_config()
    state = _state(StoredWeights.of(bundle), config)
    model = Wav2Vec2ForCTC(config)
    unheard = {name: as_array(model.state_dict()[name]) * 0 for name in TRAINING_WEIGHTS}
    try:
        model.load_state_dict(
            {name: torch.tensor(values) for name, values in (state | unheard).items()}
        )
    except RuntimeError as error:
        subject = str(bundle.model_path)
        raise UnsupportedCheckpoint(subject, expected="he-demo's layers", got=error) from error
    save_checkpoint(model, folder)


def _state(stored: StoredWeights, config: Wav2Vec2Config) -> State:
    """What torch calls each of the weights."""
    state = _frontend(stored, config)
    state |= _norm(stored, "projection.norm", f"{PROJECTION}.layer_norm")
    state |= _linear(stored, "projection", f"{PROJECTION}.projection")
    state |= _positions(stored, config)
    for index in range(config.num_hidden_layers):
        ours, theirs = f"encoder.{index}", f"{ENCODER}.layers.{index}"
        for product, module in PRODUCTS.items():
            state |= _linear(stored, f"{ours}.{product}", f"{theirs}.{module}")
        for norm, module in NORMS.items():
            state |= _norm(stored, f"{ours}.{norm}", f"{theirs}.{module}")
    state |= _norm(stored, "encoder.norm", f"{ENCODER}.layer_norm")
    return state | _linear(stored, "head", "lm_head")


def _frontend(stored: StoredWeights, config: Wav2Vec2Config) -> State:
    state: State = {}
    for index, kernel in enumerate(config.conv_kernel):
        ours, theirs = f"frontend.{index}", f"{FEATURES}.{index}"
        rows = stored.matrix(ours)
        if index:
            bias = stored.vector(f"{ours}.bias")
        else:  # in float32 the bias is the last row
            rows, bias = rows[:-1], rows[-1]
        weight = rows.reshape(kernel, -1, len(bias)).transpose(2, 1, 0)
        state |= {f"{theirs}.conv.weight": weight, f"{theirs}.conv.bias": bias}
        state |= _norm(stored, f"{ours}.norm", f"{theirs}.layer_norm")
    return state


def _positions(stored: StoredWeights, config: Wav2Vec2Config) -> State:
    """The first of the frames that share a row has the kernel from the row's beginning on."""
    groups = range(config.num_conv_pos_embedding_groups)
    kernel, width = config.num_conv_pos_embeddings, config.hidden_size // len(groups)
    kernels, biases = [], []
    for group in groups:
        product = f"positions.{group}.product"
        rows = stored.matrix(product).reshape(-1, width, SHARED, width)
        kernels.append(rows[:kernel, :, 0].transpose(2, 1, 0))
        biases.append(stored.vector(f"{product}.bias")[:width])
    weight = np.ascontiguousarray(np.concatenate(kernels))
    gain, direction = (f"{POSITIONS}.parametrizations.weight.original{part}" for part in (0, 1))
    norms = _norms(weight)
    return {gain: norms, direction: weight, f"{POSITIONS}.bias": np.concatenate(biases)}


def _norms(weight: Array) -> Array:
    """Of each tap of a float32 [out, in, kernel], as torch's weight norm finds them.

    To the last bit: only then is the weight that it makes of both the one that was given.
    """
    values = torch.tensor(weight)
    taps = torch.ones(1, 1, weight.shape[-1])
    _, norms = torch._weight_norm_interface(values, taps, dim=2)  # noqa: SLF001  # the one that tells
    return as_array(norms)


def _linear(stored: StoredWeights, product: str, module: str) -> State:
    bias = stored.vector(f"{product}.bias")
    return {f"{module}.weight": stored.matrix(product).T, f"{module}.bias": bias}


def _norm(stored: StoredWeights, norm: str, module: str) -> State:
    gain, bias = stored.vector(f"{norm}.gain"), stored.vector(f"{norm}.bias")
    return {f"{module}.weight": gain, f"{module}.bias": bias}
