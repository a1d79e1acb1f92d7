"""Every engine, by the name that a description has it under."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from bench.peers.engine import Engine

# module: imported only where it is asked for, since each needs packages that the others lack
MODULES: Final = {
    "ort": "bench.peers.onnx_runtime",
    "torch": "bench.peers.pytorch",
    "nemo": "bench.peers.pytorch",
    "openvino": "bench.peers.open_vino",
    "ours": "bench.peers.ours",
    "service": "bench.peers.ours",
    "file": "bench.peers.ours",
    "sherpa-onnx": "bench.peers.recognizers",
    "onnx-asr": "bench.peers.recognizers",
    "gemm": "bench.peers.products",
}


def load(description: Mapping[str, Any]) -> Engine:
    """The engine `kind`, of the file or folder `model`, on so many `threads`, with its options.

    Raises whatever the engine raises.
    """
    kind = description["kind"]
    module = importlib.import_module(MODULES[kind])
    makers: Mapping[str, Callable[[Mapping[str, Any]], Engine]] = module.ENGINES
    return makers[kind](description)
