"""The bundles that are compared on an emulated CPU."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, numpy_helper

from bench.older_cpu import Heard, Machine, graphs, overflow, sums
from service.bundle import open_bundle
from service.ops.processor import read_processor

HEBREW = Path("models/he-demo")


@pytest.fixture(autouse=True)
def at_root(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)  # bundles and clips are the repository's


def weights_of(graph: ModelProto) -> dict[str, tuple[NDArray[np.int8], NDArray[np.float32]]]:
    """Whole numbers and their steps, by the weight's name."""
    tensors = {item.name: numpy_helper.to_array(item) for item in graph.graph.initializer}
    names = [name for name, values in tensors.items() if values.dtype == np.int8]
    return {name: (tensors[name], tensors[f"{name}_scale"]) for name in names}


def test_the_wider_graph_has_the_same_weights_in_eight_bits() -> None:
    """But for half a step; that of the bundle itself has seven, and stays as it is."""
    bundle = open_bundle(HEBREW)
    (narrow_bits, narrow), (wide_bits, wide) = graphs(bundle)
    assert (narrow_bits, wide_bits) == (7, 8)
    assert narrow == onnx.load(bundle.model_path)
    given, spread = weights_of(narrow), weights_of(wide)
    assert given.keys() == spread.keys()
    assert len(given) == 60
    for name, (few, coarse) in given.items():
        many, fine = spread[name]
        assert abs(many.astype(int)).max() == 127
        assert abs(few * coarse - many * fine).max() <= 0.501 * fine.max()


def test_pairs_overflow_in_eight_bits_alone(tmp_path: Path) -> None:
    """On real speech: some in ten thousand, and with seven bits none."""
    heard, machine = Heard.of(HEBREW), Machine(tmp_path)
    (_, narrow), (_, wide) = graphs(heard.bundle)
    assert overflow(narrow, heard.feeds, machine)[0] == 0
    over, pairs = overflow(wide, heard.feeds, machine)
    assert 1e-6 < over / pairs < 1e-3


@pytest.mark.parametrize("bits", [7, 8])
def test_sums_are_told_apart(bits: int, tmp_path: Path) -> None:
    """Those of this CPU are what its instructions promise."""
    expected = "saturated, as in numpy" if read_processor().sums_exactly is False else "exact"
    assert sums(bits, Machine(tmp_path)) == (expected if bits == 8 else "exact")
