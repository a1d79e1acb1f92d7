"""The machine's own limit: one matrix product with constant weights, in ONNX Runtime.

The graphs are written by hand, since the runtime's environment has no `onnx`: they are a model with
one node, made by `bench.models.products`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bench.peers.engine import Opaque
from bench.peers.onnx_runtime import settings

TWO: Final = 2  # operations of a multiplication that is added up


class Products(Opaque):
    """Products [M, K] x [K, N] of all sizes that a folder has, of uint8 x int8 or float32."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._type = np.uint8 if description["type"] == "int8" else np.float32
        folder = Path(description["model"])
        self._sessions = {
            path.stem: onnxruntime.InferenceSession(
                path, settings(description["threads"]), providers=["CPUExecutionProvider"]
            )
            for path in sorted(folder.glob("*.onnx"))
        }
        self.facts: Mapping[str, Any] = {}

    def prepare(self, path: str) -> tuple[onnxruntime.InferenceSession, NDArray[Any]]:
        """path: M x K x N, as in 499x1024x4096."""
        rows, inner, columns = map(int, path.split("x"))
        random = np.random.default_rng(1)
        left = random.integers(0, 256, (rows, inner)).astype(self._type)
        return self._sessions[f"{inner}x{columns}"], left

    def run(self, prepared: tuple[onnxruntime.InferenceSession, NDArray[Any]]) -> dict[str, Any]:
        """One product."""
        session, left = prepared
        (product,) = session.run(None, {"left": left})
        return {"operations": TWO * left.shape[1] * product.size}


ENGINES: Final = {"gemm": Products}
