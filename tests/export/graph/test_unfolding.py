"""Rows of what a convolution sees, whatever their numbers are made of."""

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto

from export.graph.builder import GraphBuilder
from export.graph.unfolding import neighbours, unfold

CHANNELS = 3


def unfolded(values: NDArray[np.float32], kernel: int, stride: int) -> NDArray[np.float32]:
    graph = GraphBuilder()
    value = graph.input("x", TensorProto.FLOAT, ["batch", "frames", CHANNELS])
    rows = unfold(graph, value, kernel, stride, CHANNELS)
    model = graph.model(rows, "rows", ["batch", "frames", kernel * CHANNELS])
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (answer,) = session.run(["rows"], {"x": values})
    result: NDArray[np.float32] = answer
    return result


@settings(max_examples=40, deadline=None)
@given(
    kernel=st.integers(1, 11),
    stride=st.integers(1, 6),
    more=st.integers(0, 20),
    batch=st.integers(1, 2),
)
def test_a_row_holds_what_the_kernel_sees(kernel: int, stride: int, more: int, batch: int) -> None:
    """Row t is the frames from t * stride on, as many as the kernel has taps, and no row is missing
    or too many.
    """
    frames = kernel + more
    values = np.arange(batch * frames * CHANNELS, dtype=np.float32).reshape(batch, frames, CHANNELS)
    begins = range(0, frames - kernel + 1, stride)
    expected = np.stack([values[:, at : at + kernel].reshape(batch, -1) for at in begins], axis=1)
    assert np.array_equal(unfolded(values, kernel, stride), expected)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_neighbours_stand_side_by_side(count: int) -> None:
    """Each row, and those that follow it."""
    graph = GraphBuilder()
    value = graph.input("x", TensorProto.FLOAT, ["frames", CHANNELS])
    rows = neighbours(graph, value, count)
    model = graph.model(rows, "rows", ["frames", count * CHANNELS])
    session = onnxruntime.InferenceSession(model.SerializeToString())
    values = np.arange(7 * CHANNELS, dtype=np.float32).reshape(7, CHANNELS)
    (answer,) = session.run(["rows"], {"x": values})
    expected = [values[at : at + count].ravel() for at in range(7 - count + 1)]
    assert np.array_equal(answer, np.stack(expected))
