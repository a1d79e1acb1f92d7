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


# What else is imported before the clock runs that times loading.
PACKAGES: Final = {
    "torch": ("torch", "transformers.models.wav2vec2.modeling_wav2vec2"),
    "nemo": ("torch", "nemo.collections.asr.models"),
    "openvino": ("openvino",),
    "sherpa-onnx": ("sherpa_onnx", "soundfile"),
    "onnx-asr": ("onnx_asr", "onnxruntime"),
}

Loader = Callable[[Mapping[str, Any]], Engine]


def find(description: Mapping[str, Any]) -> Loader:
    """What loads the engine `kind` from its description: the file or folder `model`, the number of
    `threads`, and its options.

    Raises whatever importing it raises.
    """
    kind = description["kind"]
    module = importlib.import_module(MODULES[kind])
    for package in PACKAGES.get(kind, ()):
        importlib.import_module(package)
    makers: Mapping[str, Loader] = module.ENGINES
    return makers[kind]
