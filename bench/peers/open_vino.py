"""A graph in OpenVINO, for latency: as many threads as told, in one stream."""

import importlib
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.peers.engine import Opaque
from bench.peers.onnx_runtime import feed

KERNELS: Final = 4  # of the runtime model's: those that most products run on
PRODUCTS: Final = {"FullyConnected", "MatMul", "Convolution", "ScaledDotProductAttention", "MHA"}


class OpenVino(Opaque):
    """An ONNX file or OpenVINO's own. precision: f32 or bf16, for what is not int8."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        openvino: Any = importlib.import_module("openvino")
        threads = description["threads"]
        settings = {
            "INFERENCE_PRECISION_HINT": description["precision"],
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            "INFERENCE_NUM_THREADS": str(threads),
        }
        if not threads:  # for clients side by side: a stream a core, one thread in each
            cores = str(len(os.sched_getaffinity(0)))
            settings |= {
                "PERFORMANCE_HINT": "THROUGHPUT",
                "NUM_STREAMS": cores,
                "INFERENCE_NUM_THREADS": cores,
            }
        self._model = openvino.Core().compile_model(Path(description["model"]), "CPU", settings)
        self._names = [node.get_any_name() for node in self._model.inputs]
        self.facts = {"openvino": openvino.__version__, "kernels": _kernels(self._model)}

    def prepare(self, path: str) -> Any:  # noqa: ANN401  # what it is fed
        """path: an array in numpy's format."""
        return feed(self._names, np.load(path))

    def run(self, prepared: Any) -> dict[str, Any]:  # noqa: ANN401  # what it is fed
        """One pass, in a request of its own, so that threads may share the model."""
        answer = self._model.create_infer_request().infer(prepared)
        return {"frames": answer[0].shape[1]}


def _kernels(model: Any) -> dict[str, int]:  # noqa: ANN401  # a compiled model
    """How many products run on which kernel: this tells whether AMX is used."""
    found: Counter[str] = Counter()
    for node in model.get_runtime_model().get_ops():
        info = node.get_rt_info()
        if _text(info, "layerType") in PRODUCTS:
            found[_text(info, "primitiveType")] += 1
    return dict(found.most_common(KERNELS))


def _text(info: Any, key: str) -> str:  # noqa: ANN401  # OpenVINO's map
    value = info[key] if key in info else ""  # noqa: SIM401  # its map has no get
    return str(getattr(value, "value", value))


ENGINES: Final = {"openvino": OpenVino}
