"""The weights that an integer graph holds, by the names that `export/graph` gives them.

A matrix comes back as its whole numbers times their steps, which are found again when it is
quantised to as many bits: the export of what is read here has the same weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import onnx
from onnx import numpy_helper

from export.errors import UnsupportedCheckpoint
from export.graph.builder import AnyArray
from export.graph.weights import Array
from service.bundle import Bundle

# Constants of a layer whose activation is divided by channel, or quantised by row: its weights are
# then not the network's own, or have other names.
TREATED: Final = (".factors", ".step")


@dataclass(frozen=True)
class StoredWeights:
    """A graph's constants, by name."""

    tensors: Mapping[str, AnyArray]

    @classmethod
    def of(cls, bundle: Bundle) -> "StoredWeights":
        """Those of a bundle. Raises UnsupportedCheckpoint for another policy, or treated layers."""
        subject, policy = str(bundle.model_path), bundle.manifest.quantization.policy
        if policy != "integer-graph":
            raise UnsupportedCheckpoint(subject, expected="an integer graph", got=policy)
        graph = onnx.load(bundle.model_path).graph
        tensors = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
        treated = [name for name in tensors if name.endswith(TREATED)]
        if treated:
            got = ", ".join(sorted(treated))
            raise UnsupportedCheckpoint(subject, expected="plain or float32 layers", got=got)
        return cls(tensors)

    def vector(self, name: str) -> Array:
        """A constant as it is: float32."""
        if name not in self.tensors:
            raise UnsupportedCheckpoint("graph", expected=f"a constant {name}", got="none")
        return self.tensors[name].astype(np.float32)

    def matrix(self, product: str) -> Array:
        """The weights of a product, float32 [K, N]."""
        weight = self.vector(f"{product}.weight")
        scale = self.tensors.get(f"{product}.weight_scale")
        return weight if scale is None else weight * scale
