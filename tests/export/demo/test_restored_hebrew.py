"""A checkpoint that is read back from its bundle, and exported again."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import ModelProto, numpy_helper

from export.demo.__main__ import main
from export.demo.hebrew.restored import restore_hebrew
from export.demo.stored import StoredWeights
from export.errors import UnsupportedCheckpoint
from export.graph.builder import GraphBuilder
from export.graph.plan import IN_FLOAT, Plan, Treatment
from export.graph.products import Products
from export.huggingface import Wav2Vec2Network, read_checkpoint
from service.acoustic import OnnxAcousticModel
from service.audio import decode_file
from service.bundle import Bundle, open_bundle
from service.quantization import Quantization

Tensors = Mapping[str, NDArray[Any]]


@pytest.fixture(scope="module")
def hebrew(root: Path) -> Bundle:
    return open_bundle(root / "models/he-demo")


@pytest.fixture(scope="module")
def restored(hebrew: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Wav2Vec2Network:
    folder = tmp_path_factory.mktemp("restored")
    status = main(["restore", "--model", str(hebrew.folder), "--output", str(folder)])
    assert status == 0
    return read_checkpoint(folder)


def written(network: Wav2Vec2Network, plan: Plan) -> ModelProto:
    return network.integer_graph(Products(GraphBuilder(), plan))


def constants(graph: ModelProto) -> Tensors:
    return {item.name: numpy_helper.to_array(item) for item in graph.graph.initializer}


def as_bundle(graph: ModelProto, like: Bundle, folder: Path) -> Bundle:
    """A bundle of another graph, unchecked."""
    onnx.save(graph, folder / "model.int8.onnx")
    return replace(like, folder=folder)


def same(one: Tensors, other: Tensors) -> bool:
    """Names, types and every bit."""
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and np.array_equal(one[name], other[name])
        for name in one
    )


def test_the_embedded_bundle_is_a_fixed_point(hebrew: Bundle, restored: Wav2Vec2Network) -> None:
    """Restored and exported again it has the same graph: every whole number, step and bias, and
    every operator.
    """
    graph, embedded = written(restored, Plan(7)), onnx.load(hebrew.model_path)
    assert same(constants(graph), constants(embedded))
    assert list(graph.graph.node) == list(embedded.graph.node)
    assert restored.tokens == hebrew.tokens


def test_the_checkpoint_says_what_the_bundle_says(
    hebrew: Bundle, restored: Wav2Vec2Network, root: Path
) -> None:
    """The same letters at the same frames, but for the rounding of what goes through."""
    heard = restored.prepare(decode_file(root / "examples/he-1.wav", 16000, 60.0).waveform[:])
    int8 = OnnxAcousticModel(hebrew, intra_op_threads=1).logits(heard)
    assert (restored.logits(heard).argmax(axis=1) == int8.argmax(axis=1)).all()


def test_layers_in_float32_come_back_too(
    hebrew: Bundle, restored: Wav2Vec2Network, tmp_path: Path
) -> None:
    """A layer that the calibration keeps in float32 loses nothing."""
    plan = Plan(7, {"head": IN_FLOAT, "encoder.3.attention": IN_FLOAT, "positions": IN_FLOAT})
    graph = written(restored, plan)
    restore_hebrew(as_bundle(graph, hebrew, tmp_path), tmp_path / "again")
    again = read_checkpoint(tmp_path / "again")
    state = restored.model.state_dict()
    assert all(torch.equal(state[name], value) for name, value in again.model.state_dict().items())


@pytest.mark.parametrize(
    "treatment",
    [Treatment(divisors=np.full(1024, 2, np.float32)), Treatment(by_row=True)],
    ids=lambda treatment: treatment.name,
)
def test_treated_layers_are_refused(
    treatment: Treatment, hebrew: Bundle, restored: Wav2Vec2Network, tmp_path: Path
) -> None:
    """Their weights are not the network's own; the first constant that shows it is named."""
    graph = written(restored, Plan(7, {"encoder.2.ffn.out": treatment}))
    with pytest.raises(UnsupportedCheckpoint, match=r"expected plain.*encoder\.2\.ffn\.out"):
        StoredWeights.of(as_bundle(graph, hebrew, tmp_path))


def test_another_policy_is_refused(hebrew: Bundle) -> None:
    """The stock graph has other names."""
    manifest = replace(hebrew.manifest, quantization=Quantization("stock", 7))
    with pytest.raises(UnsupportedCheckpoint, match="expected an integer graph, got stock"):
        StoredWeights.of(replace(hebrew, manifest=manifest))


def test_another_structure_is_refused(
    hebrew: Bundle, restored: Wav2Vec2Network, tmp_path: Path
) -> None:
    """A graph that lacks a layer, or whose layers have other sizes."""
    graph = written(restored, Plan(7))
    head = next(item for item in graph.graph.initializer if item.name == "head.bias")
    head.CopyFrom(numpy_helper.from_array(np.zeros(29, np.float32), head.name))
    with pytest.raises(UnsupportedCheckpoint, match=r"expected he-demo's layers, got .*lm_head"):
        restore_hebrew(as_bundle(graph, hebrew, tmp_path), tmp_path / "again")
    graph.graph.initializer.remove(head)
    with pytest.raises(UnsupportedCheckpoint, match=r"expected a constant head\.bias, got none"):
        restore_hebrew(as_bundle(graph, hebrew, tmp_path), tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_bundle_that_is_broken_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command's status is 1."""
    (tmp_path / "manifest.json").write_text(json.dumps({"manifest_version": 1}), encoding="utf-8")
    arguments = ["restore", "--model", str(tmp_path), "--output", str(tmp_path / "out")]
    assert main(arguments) == 1
    assert "manifest_version 2" in capsys.readouterr().err
