"""hi-demo's checkpoint, read back from the graph that `export/nemo/graph` writes.

All weights come back but those of relative positions, which the graph holds multiplied by those of
the queries: they are found by least squares, and their product is nearly the one that was stored.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import torch
from nemo.collections.asr.models import EncDecCTCModelBPE
from omegaconf import OmegaConf

from export.demo.hindi.model import demo_config
from export.demo.stored import StoredWeights
from export.errors import UnsupportedCheckpoint
from export.graph.weights import Array
from export.nemo.graph.grid import KERNEL
from export.nemo.graph.layer import HALF
from service.bundle import Bundle

State = dict[str, Array]

EPSILON: Final = np.float32(1e-5)  # of a norm of the batch, torch's own
UNTRAINED: Final = ("preprocessor.", "num_batches_tracked")  # in names of what is no weight
NORMS: Final = {  # of a layer: the graph's names, and the network's
    "ffn1.in.norm": "norm_feed_forward1",
    "attention.norm": "norm_self_att",
    "conv.norm": "norm_conv",
    "ffn2.in.norm": "norm_feed_forward2",
    "norm": "norm_out",
}


def restore_hindi(bundle: Bundle, path: Path) -> None:
    """Write the .nemo file. Raises UnsupportedCheckpoint for another structure."""
    stored = StoredWeights.of(bundle)
    encoder = demo_config(bundle.folder)["encoder"]
    state = _subsampling(stored, encoder)
    for index in range(encoder["n_layers"]):
        state |= _layer(stored, f"encoder.{index}", f"encoder.layers.{index}", encoder["n_heads"])
    state |= _pointwise(stored, ["head"], "decoder.decoder_layers.0")
    write_checkpoint(bundle, state, path)


def write_checkpoint(bundle: Bundle, state: State, path: Path) -> None:
    """Write a .nemo file of the bundle's tokenizer and these weights."""
    tokenizer = bundle.tokenizer_path
    if tokenizer is None:
        raise UnsupportedCheckpoint(str(bundle.folder), expected="a tokenizer", got="none")
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "tokenizer.model").write_bytes(tokenizer.read_bytes())
        pieces = "\n".join(bundle.tokens[:-1])  # all but the blank
        (folder / "vocab.txt").write_text(f"{pieces}\n", encoding="utf-8")
        model = EncDecCTCModelBPE(cfg=OmegaConf.create(demo_config(folder)))
        own = model.state_dict().items()
        kept = {name: value for name, value in own if any(part in name for part in UNTRAINED)}
        try:
            model.load_state_dict(
                kept | {name: torch.tensor(values) for name, values in state.items()}
            )
        except RuntimeError as error:
            subject = str(bundle.model_path)
            raise UnsupportedCheckpoint(subject, expected="hi-demo's layers", got=error) from error
        path.parent.mkdir(parents=True, exist_ok=True)
        model.save_to(str(path))


def unfolded(kernel: Array, bias: Array, module: str) -> State:
    """A depthwise convolution [C, 1, k] with a norm of the batch that does nothing more."""
    ones, zeros = np.ones_like(bias), np.zeros_like(bias)
    norm = f"{module}.batch_norm"
    return {
        f"{module}.depthwise_conv.weight": kernel,
        f"{module}.depthwise_conv.bias": zeros,
        f"{norm}.running_mean": zeros,
        f"{norm}.running_var": ones,
        f"{norm}.weight": np.sqrt(ones + EPSILON),
        f"{norm}.bias": bias,
    }


def _subsampling(stored: StoredWeights, config: dict[str, Any]) -> State:
    """The `striding` kind, of two convolutions."""
    state: State = {}
    first, second = stored.matrix("subsampling.0"), stored.matrix("subsampling.1")
    parts = {0: (first[:-1], first[-1]), 2: (second, stored.vector("subsampling.1.bias"))}
    for place, (rows, bias) in parts.items():
        module = f"encoder.pre_encode.conv.{place}"
        taps = rows.reshape(KERNEL, KERNEL, -1, len(bias))
        state |= {f"{module}.weight": taps.transpose(3, 2, 0, 1), f"{module}.bias": bias}
    channels, width = config["subsampling_conv_channels"], config["d_model"]
    scale = np.float32(np.sqrt(width))  # of the frames beside their positions
    rows = stored.matrix("subsampling.out").reshape(-1, channels, width).transpose(2, 1, 0)
    return state | {
        "encoder.pre_encode.out.weight": rows.reshape(width, -1) / scale,
        "encoder.pre_encode.out.bias": stored.vector("subsampling.out.bias") / scale,
    }


def _layer(stored: StoredWeights, ours: str, theirs: str, heads: int) -> State:
    state: State = {}
    for norm, module in NORMS.items():
        state[f"{theirs}.{module}.weight"] = stored.vector(f"{ours}.{norm}.gain")
        state[f"{theirs}.{module}.bias"] = stored.vector(f"{ours}.{norm}.bias")
    for part in (1, 2):
        name, module = f"{ours}.ffn{part}", f"{theirs}.feed_forward{part}"
        state |= _linear(stored, f"{name}.in", f"{module}.linear1")
        half = _linear(stored, f"{name}.out", f"{module}.linear2")
        state |= {key: values / HALF for key, values in half.items()}
    state |= _attention(stored, f"{ours}.attention", f"{theirs}.self_attn", heads)
    name, module = f"{ours}.conv", f"{theirs}.conv"
    state |= _pointwise(stored, [f"{name}.value", f"{name}.gate"], f"{module}.pointwise_conv1")
    state |= _pointwise(stored, [f"{name}.out"], f"{module}.pointwise_conv2")
    depthwise = f"{name}.depthwise"
    kernel, bias = stored.vector(f"{depthwise}.weight"), stored.vector(f"{depthwise}.bias")
    return state | unfolded(kernel[:, :, 0], bias, module)


def _attention(stored: StoredWeights, ours: str, theirs: str, heads: int) -> State:
    state: State = {}
    for name in ("keys", "values", "out"):
        module = "linear_out" if name == "out" else f"linear_{name[0]}"
        state |= _linear(stored, f"{ours}.{name}", f"{theirs}.{module}")
    queries = stored.matrix(f"{ours}.queries").T
    waves, bias = _waves(stored, f"{ours}.places", queries.reshape(heads, -1, len(queries)))
    return state | {
        f"{theirs}.linear_q.weight": queries,
        f"{theirs}.linear_q.bias": np.zeros(len(queries), np.float32),  # the two others hold it
        f"{theirs}.pos_bias_u": stored.vector(f"{ours}.queries.bias").reshape(heads, -1),
        f"{theirs}.pos_bias_v": bias,
        f"{theirs}.linear_pos.weight": waves,
    }


def _waves(stored: StoredWeights, product: str, queries: Array) -> tuple[Array, Array]:
    """NeMo's linear_pos and pos_bias_v, float32 [D, D] and [heads, d_k], from their product with
    the queries, [heads, d_k, D]: by least squares, as the product was rounded.
    """
    heads, size, width = queries.shape
    rows = stored.matrix(product).reshape(width, heads, width).astype(np.float64)
    asked = stored.vector(f"{product}.bias").reshape(heads, width).astype(np.float64)
    waves, bias = np.empty((heads, size, width)), np.empty((heads, size))
    for head, query in enumerate(queries.astype(np.float64)):
        turned = np.linalg.lstsq(query.T, rows[:, head])[0]  # [d_k, D]
        waves[head, :, 1::2], waves[head, :, 0::2] = (
            turned[:, : width // 2],
            -turned[:, width // 2 :],
        )
        bias[head] = np.linalg.lstsq(turned.T, asked[head])[0]
    whole = waves.reshape(heads * size, width) * np.sqrt(size)
    return whole.astype(np.float32), bias.astype(np.float32)


def _linear(stored: StoredWeights, product: str, module: str) -> State:
    bias = stored.vector(f"{product}.bias")
    return {f"{module}.weight": stored.matrix(product).T, f"{module}.bias": bias}


def _pointwise(stored: StoredWeights, products: list[str], module: str) -> State:
    """A convolution over one frame, of which the products are parts."""
    weights = [stored.matrix(product).T[..., np.newaxis] for product in products]
    biases = [stored.vector(f"{product}.bias") for product in products]
    return {f"{module}.weight": np.concatenate(weights), f"{module}.bias": np.concatenate(biases)}
