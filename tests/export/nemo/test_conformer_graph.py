"""The graph that is written from a conformer's weights, against NeMo."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from nemo.collections.asr.models import EncDecCTCModel
from numpy.typing import NDArray
from omegaconf import OmegaConf
from tiny import Exporter
from tiny_nemo import ENCODER, LABELS, PREPROCESSOR, WIDTH, write_nemo

from export.errors import UnknownStructure
from export.graph.builder import GraphBuilder
from export.graph.plan import IN_FLOAT, Plan
from export.graph.products import Products
from export.nemo.graph.network import build
from service.bundle import open_bundle
from service.quantization import WeightBits

Array = NDArray[np.float32]
Lengths = NDArray[np.int64]

NAMES = ("audio_signal", "length", "logprobs")
LAYERS = ENCODER["n_layers"]
SEPARABLE = {"subsampling": "dw_striding"}
FAMILIES: dict[str, dict[str, Any]] = {
    "striding by 4": {},
    "striding by 2": {"subsampling_factor": 2},
    "striding by 8": {"subsampling_factor": 8},
    "separable by 4": SEPARABLE,
    "separable by 2": {**SEPARABLE, "subsampling_factor": 2},
    "separable by 8": {**SEPARABLE, "subsampling_factor": 8},
    "an odd number of mel bins": {"feat_in": 65},
    "no scale": {"xscaling": False},
    "no biases": {"use_bias": False},
    "tied position biases": {"untie_biases": False},
    "causal convolutions": {"conv_context_size": "causal"},
    "lopsided convolutions": {"conv_context_size": [4, 2]},
    "more heads, wider": {"n_heads": 4, "ff_expansion_factor": 4},
}
IN_INT8, IN_FLOAT32 = Plan(8), Plan(8, others=IN_FLOAT)
MEL_BINS = ENCODER["feat_in"]
FRAMES = (1, 2, 3, 4, 5, 8, 9, 63, 64, 65, 1000)  # of 10 ms
TWO_MINUTES = 12_000  # frames


def network(**changes: object) -> EncDecCTCModel:
    """A tiny one with random weights, and a head that prefers some tokens."""
    torch.manual_seed(3)
    config = {
        "preprocessor": PREPROCESSOR,
        "encoder": {**ENCODER, **changes},
        "decoder": {
            "_target_": "nemo.collections.asr.modules.ConvASRDecoder",
            "feat_in": WIDTH,
            "num_classes": len(LABELS),
            "vocabulary": list(LABELS),
        },
    }
    model = EncDecCTCModel(cfg=OmegaConf.create(config)).eval()
    with torch.no_grad():
        model.decoder.decoder_layers[0].weight *= 4
        for name, values in (*model.encoder.named_parameters(), *model.encoder.named_buffers()):
            if name.endswith(("bias", "bias_u", "bias_v", "running_mean")):  # as made: zeros
                values.normal_(std=0.1)
            elif name.endswith(("norm.weight", "running_var")):  # as made: ones
                values.uniform_(0.5, 2.0)
    return model


def session(model: EncDecCTCModel, plan: Plan = IN_INT8) -> onnxruntime.InferenceSession:
    graph = build(Products(GraphBuilder(), plan), model, NAMES)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    return onnxruntime.InferenceSession(graph.SerializeToString(), options)


def noise(frames: int, bins: int = MEL_BINS) -> Array:
    return np.random.default_rng(frames).standard_normal((1, bins, frames)).astype(np.float32)


def answer(graph: onnxruntime.InferenceSession, features: Array, lengths: Lengths) -> Array:
    (log_probs,) = graph.run(["logprobs"], {"audio_signal": features, "length": lengths})
    return np.asarray(log_probs)


def nemos(model: EncDecCTCModel, features: Array, lengths: Lengths) -> Array:
    with torch.inference_mode():
        log_probs, _, _ = model(
            processed_signal=torch.from_numpy(features),
            processed_signal_length=torch.from_numpy(lengths),
        )
    values: Array = log_probs.numpy()
    return values


def whole(features: Array) -> Lengths:
    return np.full(len(features), features.shape[-1])


@pytest.mark.parametrize("changes", FAMILIES.values(), ids=FAMILIES.keys())
def test_in_float32_it_is_the_network(changes: dict[str, Any]) -> None:
    """With every product in float32 it answers as NeMo, at every length from one frame on."""
    model = network(**changes)
    graph = session(model, IN_FLOAT32)
    for frames in FRAMES:
        features = noise(frames, changes.get("feat_in", MEL_BINS))
        expected = nemos(model, features, whole(features))
        log_probs = answer(graph, features, whole(features))
        assert log_probs.shape == expected.shape
        assert np.abs(log_probs - expected).max() < 1e-4


def test_minutes_are_no_other_than_seconds() -> None:
    """Places far from the beginning are as exact as the first."""
    model, features = network(), noise(TWO_MINUTES)
    expected = nemos(model, features, whole(features))
    log_probs = answer(session(model, IN_FLOAT32), features, whole(features))
    assert np.abs(log_probs - expected).max() < 1e-4


@pytest.mark.parametrize("bits", [7, 8])
@pytest.mark.parametrize("changes", FAMILIES.values(), ids=FAMILIES.keys())
def test_in_int8_it_stays_near(changes: dict[str, Any], bits: WeightBits) -> None:
    """Every product in int8 costs a few hundredths of a nat."""
    model = network(**changes)
    graph = session(model, Plan(bits))
    for frames in FRAMES:
        features = noise(frames, changes.get("feat_in", MEL_BINS))
        difference = np.abs(
            answer(graph, features, whole(features)) - nemos(model, features, whole(features))
        )
        assert difference.max() < 0.6
        assert difference.mean() < 0.1


@pytest.mark.parametrize("subsampling", ["striding", "dw_striding"])
@pytest.mark.parametrize("factor", [2, 4, 8])
def test_a_length_keeps_what_is_behind_it_out(subsampling: str, factor: int) -> None:
    """Rows of a batch equal NeMo's, and the same features alone; noise behind a length counts as
    little as zeros.
    """
    model = network(subsampling=subsampling, subsampling_factor=factor)
    graph = session(model, IN_FLOAT32)
    features = np.repeat(noise(200), 3, axis=0)
    lengths = np.array([200, 131, 9])
    expected = nemos(model, features, lengths)
    together = answer(graph, features, lengths)
    assert together.shape == expected.shape
    for row, theirs, item, length in zip(together, expected, features, lengths, strict=True):
        part = item[np.newaxis, :, :length]
        (alone,) = answer(graph, part, whole(part))
        assert np.abs(row[: len(alone)] - theirs[: len(alone)]).max() < 1e-4
        assert np.abs(row[: len(alone)] - alone).max() < 1e-4


@pytest.mark.parametrize(("changes", "further"), [({}, 1), ({**SEPARABLE}, 1)])
def test_every_product_but_the_first_convolution_is_int8(
    changes: dict[str, Any], further: int
) -> None:
    """Convolutions, pointwise ones and all layers; the first convolution reads one channel."""
    products = Products(GraphBuilder(), IN_INT8)
    graph = build(products, network(**changes), NAMES).graph
    kinds = [node.op_type for node in graph.node]
    feed_forwards, attention, convolution = 2 * 2, 6, 3
    each = feed_forwards + attention + convolution
    assert kinds.count("MatMulIntegerToFloat") == further + 1 + each * LAYERS + 1
    assert len(products.quantized) == kinds.count("MatMulIntegerToFloat")
    assert products.kept == ["subsampling.0"]
    assert kinds.count("MatMul") == 1
    assert not {"ConvInteger", "Gemm"} & set(kinds)
    # What is left as convolutions has one channel each: no work for products.
    weights = {tensor.name: tensor.dims for tensor in graph.initializer}
    assert all(weights[node.input[1]][1] == 1 for node in graph.node if node.op_type == "Conv")


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("conv_norm_type", "layer_norm", "conv_norm_type: expected 'batch_norm', got 'layer_norm'"),
        ("subsampling_factor", 1, "subsampling_factor: expected 'a power of 2', got 1"),
        ("feat_out", 48, "encoder.out_proj: expected None, got Linear.*"),
    ],
)
def test_what_it_does_not_know_is_named(setting: str, value: object, message: str) -> None:
    """A setting that would change what is computed stops the writing."""
    with pytest.raises(UnknownStructure, match=f"^{message}$"):
        session(network(**{setting: value}))


def test_an_unknown_structure_is_exported_by_the_stock_policy(
    export: Exporter, tmp_path: Path
) -> None:
    """The bundle is whole, and its manifest says which policy made it, and why."""
    path = write_nemo(tmp_path / "tiny.nemo", encoder={"conv_norm_type": "layer_norm"})
    exporter = export.of("nemo", (160, 1_600, 16_000))
    assert exporter(path) == 0
    manifest = open_bundle(exporter.models / "tiny").manifest
    assert manifest.quantization.policy == "stock"
    assert manifest.report["fallback"].startswith("conv_norm_type: expected 'batch_norm'")


def test_a_known_one_says_so(export: Exporter, tmp_path: Path) -> None:
    """The manifest names the policy, and the graph holds no operator of quantize_dynamic."""
    exporter = export.of("nemo", (160, 1_600, 16_000))
    assert exporter(write_nemo(tmp_path / "tiny.nemo")) == 0
    bundle = open_bundle(exporter.models / "tiny")
    assert bundle.manifest.quantization.policy == "integer-graph"
    assert bundle.manifest.report["fallback"] is None
    kinds = {node.op_type for node in onnx.load(bundle.model_path).graph.node}
    assert "MatMulIntegerToFloat" in kinds
    assert "MatMulInteger" not in kinds
