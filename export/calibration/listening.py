"""What goes into every product of a network while it hears something: its float32 graph, tapped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper

from export.graph.builder import GraphBuilder
from export.graph.plan import IN_FLOAT, Plan
from export.graph.products import Products, Site
from export.graph.weights import Array
from export.network import Network
from service.quantization import FULL_BITS

SAMPLED_ROWS: Final = 256  # of each tensor, evenly spaced: enough for a mean over all its columns
TAPPED_FILE: Final = "tapped.onnx"


@dataclass(frozen=True)
class Heard:
    """A layer's input on one piece of sound: some rows, float32 [n, K], and the range of all."""

    rows: Array
    lowest: float
    highest: float


@dataclass
class Layer:
    """The products of one activation, and what they got; `peaks`: float32 [K], the largest
    magnitude of each column.
    """

    sites: list[Site]
    heard: list[Heard] = field(default_factory=list)
    peaks: Array = field(default_factory=lambda: np.zeros(0, np.float32))

    @property
    def is_fixed(self) -> bool:
        """Whether it is float32 whatever a plan says."""
        return self.sites[0].activation.is_fixed

    @property
    def is_moved(self) -> bool:
        """Whether columns are no channels, or rows no frames, any more."""
        return self.sites[0].activation.is_moved

    def add(self, values: Array) -> None:
        """The input on the next piece of sound, float32 [..., K]."""
        rows = values.reshape(-1, values.shape[-1])
        peaks = np.maximum(rows.max(axis=0), -rows.min(axis=0))
        self.peaks = np.maximum(self.peaks, peaks) if len(self.peaks) else peaks
        step = -(-len(rows) // SAMPLED_ROWS)
        self.heard.append(Heard(rows[::step].copy(), float(rows.min()), float(rows.max())))


@dataclass(frozen=True)
class Listened:
    """The layers by their names, and the float32 answers, log domain or not, as the graph gives
    them: float32 [T, V] for each piece of sound.
    """

    layers: Mapping[str, Sequence[Layer]]
    logits: tuple[Array, ...]


def listen(network: Network, inputs: Sequence[Array], folder: Path) -> Listened:
    """Let the float32 graph hear model inputs, one by one; `folder` holds it in the meantime.

    Raises UnknownStructure.
    """
    products = Products(GraphBuilder(), Plan(FULL_BITS, others=IN_FLOAT))
    model = network.integer_graph(products)
    taps: dict[str, Layer] = {}
    for site in products.sites:
        taps.setdefault(site.activation.values, Layer([])).sites.append(site)
    for name in taps:
        value = helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        model.graph.output.append(value)
    path = folder / TAPPED_FILE
    onnx.save(model, path)
    del model
    session = _session(path)
    path.unlink()
    logits = []
    for item in inputs:
        answer, *tapped = session.run([network.output, *taps], fed(session, network, item))
        logits.append(np.asarray(answer[0], np.float32))
        for layer, values in zip(taps.values(), tapped, strict=True):
            layer.add(values)
    by_name: dict[str, list[Layer]] = {}
    for layer in taps.values():
        by_name.setdefault(layer.sites[0].activation.layer, []).append(layer)
    return Listened(by_name, tuple(logits))


def run(
    model: onnx.ModelProto, network: Network, inputs: Sequence[Array], folder: Path
) -> list[Array]:
    """What a graph answers to each: float32 [T, V]."""
    path = folder / TAPPED_FILE
    onnx.save(model, path)
    session = _session(path)
    path.unlink()
    answers = (session.run([network.output], fed(session, network, item)) for item in inputs)
    return [np.asarray(answer[0][0], np.float32) for answer in answers]


def fed(
    session: onnxruntime.InferenceSession, network: Network, item: Array
) -> dict[str, NDArray[Any]]:
    """What the session takes of one model input: without the mask where the graph has none."""
    names = {value.name for value in session.get_inputs()}
    return {name: value for name, value in network.feed([item]).items() if name in names}


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
