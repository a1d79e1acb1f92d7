"""What the pipeline asks of a checkpoint, whatever its family."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto

from export.graph.products import Products
from service.framing import Framing
from service.manifest import Manifest

Array = NDArray[np.float32]


class Source(Protocol):
    """Where a checkpoint came from."""

    @property
    def name(self) -> str:
        """As it was asked for; of a local one its last part."""

    @property
    def revision(self) -> str:
        """A commit, a version, or "local"."""

    def as_manifest(self) -> Mapping[str, str]:
        """What the bundle remembers of it."""

    def licence(self) -> str | None:
        """As the checkpoint's own card says, if it has one."""


@dataclass(frozen=True)
class Provenance:
    """The part of a manifest that no network knows."""

    id: str
    language: str
    licence: str
    source: Mapping[str, str]
    tools: Mapping[str, str]


class Network(Protocol):
    """A checkpoint, read: the reference to ask, the graph to trace, the facts for the runtime."""

    @property
    def tokens(self) -> tuple[str, ...]:
        """`tokens[i]` is the text of token id i; there are as many as logits a frame."""

    @property
    def blank_id(self) -> int:
        """CTC's blank."""

    @property
    def sample_rate(self) -> int:
        """Hz."""

    @property
    def framing(self) -> Framing:
        """How samples become frames."""

    @property
    def shortest_sec(self) -> float:
        """The shortest probe that the gates hear."""

    @property
    def longest_sec(self) -> int:
        """The longest probe that the gates hear."""

    def prepare(self, waveform: Array) -> Array:
        """The source's own model input, of float32 [N]."""

    def logits(self, model_input: Array) -> Array:
        """The reference answer: float32 [T, V]."""

    def trace(self, folder: Path) -> Path:
        """Write the float32 graph into `folder`; returns its path."""

    def feed(self, inputs: Sequence[Array]) -> dict[str, NDArray[Any]]:
        """What the float32 graph is fed for model inputs of any lengths, as one padded batch."""

    @property
    def output(self) -> str:
        """The name of the graph's output."""

    @property
    def tools(self) -> tuple[str, ...]:
        """The packages that shape the graph."""

    @property
    def batches(self) -> bool:
        """Whether the graph keeps the padding of a batch out of its answers."""

    def integer_graph(self, products: Products) -> ModelProto:
        """The network written node by node with `products`, for one input at a time; its names are
        those of the float32 graph. Raises UnknownStructure, naming what is not known.
        """

    def finish(self, graph: Path) -> None:
        """Give the int8 graph the form in which it is served."""

    def files(self) -> Mapping[str, bytes]:
        """What stands beside the graph, by name."""

    def manifest(self, provenance: Provenance) -> Manifest:
        """All but the figures and the files' hashes."""
