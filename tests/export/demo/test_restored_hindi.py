"""hi-demo's checkpoint, read back from its bundle, and exported again."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, numpy_helper

from export.demo.__main__ import main
from export.demo.hindi.restored import restore_hindi
from export.errors import UnsupportedCheckpoint
from export.graph.builder import GraphBuilder
from export.graph.plan import Plan
from export.graph.products import Products
from export.nemo.network import ConformerNetwork, fetch
from service.acoustic import OnnxAcousticModel
from service.audio import decode_file
from service.bundle import Bundle, open_bundle
from service.ctc import log_softmax

PLACES = ".attention.places."  # in names of what comes back by least squares


@pytest.fixture(scope="module")
def hindi(root: Path) -> Bundle:
    return open_bundle(root / "models/hi-demo")


@pytest.fixture(scope="module")
def restored(hindi: Bundle, tmp_path_factory: pytest.TempPathFactory) -> ConformerNetwork:
    path = tmp_path_factory.mktemp("restored") / "hi-demo.nemo"
    assert main(["restore", "--model", str(hindi.folder), "--output", str(path)]) == 0
    return fetch(str(path), None)[1]


@pytest.fixture(scope="module")
def again(restored: ConformerNetwork) -> ModelProto:
    """Its integer graph."""
    return restored.integer_graph(Products(GraphBuilder(), Plan(7)))


def constants(graph: ModelProto) -> Mapping[str, NDArray[Any]]:
    return {item.name: numpy_helper.to_array(item) for item in graph.graph.initializer}


def test_all_weights_but_the_positions_are_a_fixed_point(
    hindi: Bundle, again: ModelProto, restored: ConformerNetwork
) -> None:
    """Restored and exported again every other whole number, step and bias is the same."""
    ours, theirs = constants(onnx.load(hindi.model_path)), constants(again)
    assert ours.keys() == theirs.keys()
    assert restored.tokens == hindi.tokens
    differing = {name for name in ours if not np.array_equal(ours[name], theirs[name])}
    assert all(PLACES in name for name in differing)


def test_the_positions_come_back_nearly(hindi: Bundle, again: ModelProto) -> None:
    """One number in thirty is the next one, and the steps are the same within two percent."""
    ours, theirs = constants(onnx.load(hindi.model_path)), constants(again)
    names = [name for name in ours if name.endswith(f"{PLACES}weight")]
    assert len(names) == 8
    for name in names:
        apart = np.abs(ours[name].astype(int) - theirs[name])
        assert apart.max() == 1
        assert apart.mean() < 0.04
        steps = f"{name}_scale"
        np.testing.assert_allclose(theirs[steps], ours[steps], rtol=0.02)


def test_the_checkpoint_says_what_the_bundle_says(
    hindi: Bundle, restored: ConformerNetwork, root: Path
) -> None:
    """The same pieces at the same frames, but for the rounding of what goes through."""
    heard = restored.prepare(decode_file(root / "examples/hi-1.wav", 16000, 60.0).waveform[:])
    int8 = OnnxAcousticModel(hindi, intra_op_threads=1).logits(heard)
    exact, rounded = log_softmax(restored.logits(heard)), log_softmax(int8)
    assert (exact.argmax(axis=1) == rounded.argmax(axis=1)).all()
    assert (np.exp(exact) * (exact - rounded)).sum(axis=1).mean() < 1e-3


def test_another_structure_is_refused(hindi: Bundle, again: ModelProto, tmp_path: Path) -> None:
    """A graph whose layers have other sizes, or a bundle without a tokenizer."""
    other = ModelProto()
    other.CopyFrom(again)
    norm = next(item for item in other.graph.initializer if item.name == "encoder.2.norm.gain")
    norm.CopyFrom(numpy_helper.from_array(np.zeros(143, np.float32), norm.name))
    onnx.save(other, tmp_path / "model.int8.onnx")
    bundle = replace(hindi, folder=tmp_path)
    (tmp_path / "tokenizer.model").write_bytes((hindi.folder / "tokenizer.model").read_bytes())
    with pytest.raises(UnsupportedCheckpoint, match=r"hi-demo's layers, got .*norm_out"):
        restore_hindi(bundle, tmp_path / "again.nemo")
    characters = replace(hindi, manifest=replace(hindi.manifest, tokenizer=None))
    with pytest.raises(UnsupportedCheckpoint, match="expected a tokenizer, got none"):
        restore_hindi(characters, tmp_path / "again.nemo")
    assert not (tmp_path / "again.nemo").exists()
