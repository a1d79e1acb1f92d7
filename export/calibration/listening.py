"""What goes into every product of a network while it hears something: its float32 graph, tapped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
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

SAMPLED_ROWS: Final = 256  # of each tensor on all sound: enough for a mean over all its columns
GRAPH_FILE, WEIGHTS_FILE = "graph.onnx", "weights.bin"
SMALLEST_APART: Final = 1024  # bytes of a tensor that is written beside its graph


@dataclass(frozen=True)
class Heard:
    """A layer's input on one piece of sound: some rows, evenly spaced, float32 [n, K], and the
    range of each column of all, float32 [K].
    """

    rows: Array
    lowest: Array
    highest: Array


@dataclass
class Layer:
    """The products of one activation, and what they got."""

    sites: list[Site]
    heard: list[Heard] = field(default_factory=list)

    @property
    def peaks(self) -> Array:
        """The largest magnitude of each column: float32 [K]."""
        ends = [end for heard in self.heard for end in (heard.highest, -heard.lowest)]
        peaks: Array = np.max(ends, axis=0)
        return peaks

    @property
    def is_fixed(self) -> bool:
        """Whether it is float32 whatever a plan says."""
        return self.sites[0].activation.is_fixed

    @property
    def is_moved(self) -> bool:
        """Whether columns are no channels, or rows no frames, any more."""
        return self.sites[0].activation.is_moved

    def add(self, values: Array, most: int) -> None:
        """The input on the next piece of sound, float32 [..., K]; most: rows of it to keep."""
        rows = values.reshape(-1, values.shape[-1])
        step = -(-len(rows) // most)
        self.heard.append(Heard(rows[::step].copy(), rows.min(axis=0), rows.max(axis=0)))


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
    products = Products(GraphBuilder(), Plan(FULL_BITS, others=IN_FLOAT), whole=True)
    model = network.integer_graph(products)
    taps: dict[str, Layer] = {}
    for site in products.sites:
        taps.setdefault(site.activation.values, Layer([])).sites.append(site)
    for name in taps:
        value = helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        model.graph.output.append(value)
    session = opened(model, folder)
    del model
    most = max(1, SAMPLED_ROWS // len(inputs))
    logits = []
    for item in inputs:
        answer, *tapped = session.run([network.output, *taps], fed(session, network, item))
        logits.append(np.asarray(answer[0], np.float32))
        for layer, values in zip(taps.values(), tapped, strict=True):
            layer.add(values, most)
    by_name: dict[str, list[Layer]] = {}
    for layer in taps.values():
        by_name.setdefault(layer.sites[0].activation.layer, []).append(layer)
    return Listened(by_name, tuple(logits))


def run(
    model: onnx.ModelProto, network: Network, inputs: Sequence[Array], folder: Path
) -> list[Array]:
    """What a graph answers to each: float32 [T, V]."""
    session = opened(model, folder)
    answers = (session.run([network.output], fed(session, network, item)) for item in inputs)
    return [np.asarray(answer[0][0], np.float32) for answer in answers]


def fed(
    session: onnxruntime.InferenceSession, network: Network, item: Array
) -> dict[str, NDArray[Any]]:
    """What the session takes of one model input: without the mask where the graph has none."""
    names = {value.name for value in session.get_inputs()}
    return {name: value for name, value in network.feed([item]).items() if name in names}


def opened(model: onnx.ModelProto, folder: Path) -> onnxruntime.InferenceSession:
    """A session on a model, whose weights are taken away: they stand in `folder` while it opens,
    beside the graph, as that may have 2 GB at most.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    # A second form of all weights, for a session that hears a few seconds.
    options.add_session_config_entry("session.disable_prepacking", "1")
    with TemporaryDirectory(dir=folder) as place:
        path = Path(place) / GRAPH_FILE
        onnx.save(
            model,
            path,
            save_as_external_data=True,
            location=WEIGHTS_FILE,
            size_threshold=SMALLEST_APART,
        )
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
