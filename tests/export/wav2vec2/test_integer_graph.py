"""The graph that is written from a wav2vec2's weights, against torch."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from tiny import Exporter, write_checkpoint
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from export.errors import UnknownStructure
from export.graph.builder import GraphBuilder
from export.graph.plan import IN_FLOAT, Plan
from export.graph.products import Products
from export.wav2vec2.graph import build
from service.bundle import open_bundle
from service.quantization import WeightBits

Array = NDArray[np.float32]

TINY = {
    "vocab_size": 26,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}
LAYER = {"feat_extract_norm": "layer", "conv_bias": True}
GROUP = {"feat_extract_norm": "group", "conv_bias": False}
FAMILIES = {
    "layer norm, stable": {**LAYER, "do_stable_layer_norm": True},
    "layer norm": {**LAYER, "do_stable_layer_norm": False},
    "group norm, stable": {**GROUP, "do_stable_layer_norm": True},
    "group norm": {**GROUP, "do_stable_layer_norm": False},
    "no bias": {**LAYER, "conv_bias": False},
    "an odd kernel": {**LAYER, "num_conv_pos_embeddings": 17},
    "a kernel of 128": {**LAYER, "num_conv_pos_embeddings": 128},
    "other strides": {**LAYER, "conv_stride": (4, 2, 3, 1, 2, 2, 2)},
}
IN_INT8, IN_FLOAT32 = Plan(8), Plan(8, others=IN_FLOAT)
LENGTHS = (400, 401, 719, 720, 1040, 5000, 16000)  # samples


def network(**changes: object) -> Wav2Vec2ForCTC:
    """A tiny one with random weights, and a head that prefers some tokens."""
    torch.manual_seed(3)
    model = Wav2Vec2ForCTC(Wav2Vec2Config(**{**TINY, **changes})).eval()
    with torch.no_grad():
        model.lm_head.weight *= 20
    return model


def session(
    model: Wav2Vec2ForCTC, plan: Plan = IN_INT8, mask: str = ""
) -> onnxruntime.InferenceSession:
    products = Products(GraphBuilder(), plan)
    graph = build(products, model, ("samples", mask, "logits"))
    return onnxruntime.InferenceSession(graph.SerializeToString())


def noise(length: int) -> Array:
    return np.random.default_rng(length).standard_normal((1, length)).astype(np.float32)


def torch_logits(model: Wav2Vec2ForCTC, waveforms: Array, mask: NDArray[np.int64] | None) -> Array:
    with torch.inference_mode():
        heard = None if mask is None else torch.from_numpy(mask)
        logits: Array = model(torch.from_numpy(waveforms), attention_mask=heard).logits.numpy()
    return logits


@pytest.mark.parametrize("changes", FAMILIES.values(), ids=FAMILIES.keys())
def test_in_float32_it_is_the_network(changes: dict[str, object]) -> None:
    """With every product in float32 it answers as torch, at every length from one frame on."""
    model = network(**changes)
    graph = session(model, IN_FLOAT32)
    for length in LENGTHS:
        expected = torch_logits(model, noise(length), None)
        (logits,) = graph.run(["logits"], {"samples": noise(length)})
        assert logits.shape == expected.shape
        assert np.abs(logits - expected).max() < 1e-4


@pytest.mark.parametrize("bits", [7, 8])
@pytest.mark.parametrize(
    "changes", [value for value in FAMILIES.values() if value["feat_extract_norm"] == "layer"]
)
def test_in_int8_it_stays_near(changes: dict[str, object], bits: WeightBits) -> None:
    """Every product in int8 errs by a few hundredths of what the logits are. (Random weights make
    a group norm's front end nearly silent: what is done then is the calibration's to decide.)
    """
    model = network(**changes)
    graph = session(model, Plan(bits))
    for length in LENGTHS:
        expected = torch_logits(model, noise(length), None)
        (logits,) = graph.run(["logits"], {"samples": noise(length)})
        assert np.linalg.norm(logits - expected) < 0.1 * np.linalg.norm(expected)


@pytest.mark.parametrize("stable", [True, False])
def test_a_mask_keeps_padding_out_of_a_batch(stable: bool) -> None:
    """A padded row equals torch's masked one, and the same waveform alone."""
    model = network(**LAYER, do_stable_layer_norm=stable)
    graph = session(model, IN_FLOAT32, mask="mask")
    waveforms = np.zeros((2, 9000), np.float32)
    waveforms[0], waveforms[1, :4000] = noise(9000), noise(4000)
    mask = (np.arange(9000) < np.array([[9000], [4000]])).astype(np.int64)
    (logits,) = graph.run(["logits"], {"samples": waveforms, "mask": mask})
    expected = torch_logits(model, waveforms, mask)
    (alone,) = session(model, IN_FLOAT32).run(["logits"], {"samples": noise(4000)})
    assert np.abs(logits[0] - expected[0]).max() < 1e-4
    assert np.abs(logits[1, : alone.shape[1]] - expected[1, : alone.shape[1]]).max() < 1e-4
    assert np.abs(logits[1, : alone.shape[1]] - alone[0]).max() < 1e-4


def test_every_product_but_the_first_convolution_is_int8() -> None:
    """Convolutions, positions and all layers; the first convolution reads one channel."""
    products = Products(GraphBuilder(), IN_INT8)
    graph = build(products, network(**LAYER), ("samples", "", "logits")).graph
    kinds = [node.op_type for node in graph.node]
    convolutions, groups, layers = 6, 4, 2
    assert kinds.count("MatMulIntegerToFloat") == convolutions + groups + 6 * layers + 2
    assert products.kept == ["frontend.0"]
    assert kinds.count("MatMul") == 1
    assert not {"Conv", "ConvInteger", "Gemm"} & set(kinds)


@pytest.mark.parametrize(
    ("setting", "value"), [("hidden_act", "relu"), ("add_adapter", True), ("adapter_attn_dim", 4)]
)
def test_what_it_does_not_know_is_named(setting: str, value: object) -> None:
    """A setting that would change what is computed stops the writing."""
    model = network(**LAYER, do_stable_layer_norm=True, **{setting: value})
    with pytest.raises(UnknownStructure, match=f"^{setting}: expected .*, got {value!r}$"):
        session(model)


def test_an_unknown_structure_is_exported_by_the_stock_policy(
    export: Exporter, tmp_path: Path
) -> None:
    """The bundle is whole, and its manifest says which policy made it, and why."""
    assert export(write_checkpoint(tmp_path / "tiny", hidden_act="gelu_new")) == 0
    manifest = open_bundle(export.models / "tiny").manifest
    assert manifest.quantization.policy == "stock"
    assert manifest.report["fallback"].startswith("hidden_act: expected 'gelu', got 'gelu_new'")


def test_a_known_one_says_so(checkpoint: Path, export: Exporter) -> None:
    """The manifest names the policy, and the graph holds no operator of quantize_dynamic."""
    assert export(checkpoint) == 0
    bundle = open_bundle(export.models / "tiny")
    assert bundle.manifest.quantization.policy == "integer-graph"
    assert bundle.manifest.report["fallback"] is None
    kinds = {node.op_type for node in onnx.load(bundle.model_path).graph.node}
    assert "MatMulIntegerToFloat" in kinds
    assert "MatMulInteger" not in kinds
