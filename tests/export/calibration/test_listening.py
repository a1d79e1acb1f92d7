"""What the tapped float32 graph hears, against torch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from export.calibration.listening import Layer, listen, opened
from export.graph.builder import GraphBuilder
from export.graph.plan import Plan
from export.graph.products import Products
from export.huggingface import Wav2Vec2Network, read_checkpoint
from export.probes import speech_like

Array = NDArray[np.float32]

TAPPED = {
    "projection": "wav2vec2.feature_projection.projection",
    "encoder.0.attention": "wav2vec2.encoder.layers.0.attention.q_proj",
    "encoder.0.attention.out": "wav2vec2.encoder.layers.0.attention.out_proj",
    "encoder.1.ffn.in": "wav2vec2.encoder.layers.1.feed_forward.intermediate_dense",
    "encoder.1.ffn.out": "wav2vec2.encoder.layers.1.feed_forward.output_dense",
    "head": "lm_head",
}


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Wav2Vec2Network:
    return read_checkpoint(checkpoint)


@pytest.fixture(scope="module")
def pieces(network: Wav2Vec2Network) -> list[Array]:
    return [network.prepare(speech_like(length, 16000)) for length in (16000, 24000)]


def torch_hears(network: Wav2Vec2Network, part: str, piece: Array) -> Array:
    """What goes into one of the network's parts, [T, C]."""
    found: list[Tensor] = []
    module = network.model.get_submodule(part)
    handle = module.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0][0]))
    with torch.inference_mode():
        network.model(torch.from_numpy(piece)[None])
    handle.remove()
    result: Array = found[0].numpy()
    return result


def test_layers_hear_what_they_hear_in_torch(
    network: Wav2Vec2Network, pieces: list[Array], tmp_path: Path
) -> None:
    """Rows, the range of each column, and the answers; each piece of sound by itself."""
    listened = listen(network, pieces, tmp_path)
    for name, part in TAPPED.items():
        (layer,) = listened.layers[name]
        assert len(layer.heard) == len(pieces)
        for piece, heard in zip(pieces, layer.heard, strict=True):
            expected = torch_hears(network, part, piece)
            assert np.abs(heard.rows - expected[: len(heard.rows)]).max() < 1e-4
            assert np.abs(heard.highest - expected.max(axis=0)).max() < 1e-4
            assert np.abs(heard.lowest - expected.min(axis=0)).max() < 1e-4
    for piece, logits in zip(pieces, listened.logits, strict=True):
        assert np.abs(logits - network.logits(piece)).max() < 1e-4


def test_every_product_is_heard_once(
    network: Wav2Vec2Network, pieces: list[Array], tmp_path: Path
) -> None:
    """Layers have their names from the graph; queries, keys and values are one of them, the groups
    of the positions one with a part each; convolutions have moved, and the first is fixed.
    """
    products = Products(GraphBuilder(), Plan(8))
    network.integer_graph(products)
    layers = listen(network, pieces, tmp_path).layers
    names = [site.name for parts in layers.values() for part in parts for site in part.sites]
    assert sorted(names) == sorted(products.quantized + products.kept)
    assert len(layers["encoder.0.attention"][0].sites) == 3
    assert len(layers["positions"]) == 4
    fixed = [name for name, parts in layers.items() if parts[0].is_fixed]
    moved = {name for name, parts in layers.items() if parts[0].is_moved}
    assert fixed == ["frontend.0"]
    assert moved == {"positions", *(f"frontend.{index}" for index in range(7))}


def test_nothing_is_left_in_the_folder(
    network: Wav2Vec2Network, pieces: list[Array], tmp_path: Path
) -> None:
    """It is the bundle's own."""
    listen(network, pieces, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_graph_of_a_large_network_stays_small(
    network: Wav2Vec2Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protocol buffers hold 2 GB at most: weights stand in a file beside it."""
    sizes: dict[str, int] = {}

    def noted(path: Path, *_: object, **__: object) -> None:
        sizes.update({file.name: file.stat().st_size for file in path.parent.iterdir()})

    monkeypatch.setattr("onnxruntime.InferenceSession", noted)
    graph = network.integer_graph(Products(GraphBuilder(), Plan(8)))
    whole = graph.ByteSize()
    opened(graph, tmp_path)
    assert set(sizes) == {"graph.onnx", "weights.bin"}
    weights = sum(len(tensor.raw_data) for tensor in graph.graph.initializer)
    assert sizes["weights.bin"] > whole - sizes["graph.onnx"]
    assert weights < whole / 2


@pytest.mark.parametrize(("rows", "most", "kept"), [(10, 4, 4), (10, 3, 3), (10, 1, 1), (3, 64, 3)])
def test_few_rows_are_kept_of_many(rows: int, most: int, kept: int) -> None:
    """Evenly spaced, the first among them; the range is of all."""
    values = np.arange(rows * 2, dtype=np.float32).reshape(1, rows, 2)
    layer = Layer([])
    layer.add(values, most)
    layer.add(-2 * values, most)
    first, _ = layer.heard
    assert len(first.rows) == kept
    assert first.rows[0].tolist() == [0, 1]
    assert first.highest.tolist() == [2 * rows - 2, 2 * rows - 1]
    assert layer.peaks.tolist() == [4 * rows - 4, 4 * rows - 2]
