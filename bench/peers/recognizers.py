"""The recognisers that read a whole file as we do: sherpa-onnx and onnx-asr, on the same bundle."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.peers.engine import Opaque


class SherpaOnnx(Opaque):
    """A NeMo conformer in sherpa-onnx. quantization: none or int8, in the files' names."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        sherpa: Any = importlib.import_module("sherpa_onnx")
        self._soundfile: Any = importlib.import_module("soundfile")
        folder = Path(description["model"])
        self._recognizer = sherpa.OfflineRecognizer.from_nemo_ctc(
            str(folder / graph_file(description["quantization"])),
            tokens=str(folder / "vocab.txt"),
            num_threads=description["threads"],
        )
        self.facts = {"sherpa-onnx": sherpa.__version__}

    def prepare(self, path: str) -> str:
        """Nothing is read ahead."""
        return path

    def run(self, prepared: str) -> dict[str, Any]:
        """One transcript."""
        samples, rate = self._soundfile.read(prepared, dtype="float32")
        stream = self._recognizer.create_stream()
        stream.accept_waveform(rate, samples)
        self._recognizer.decode_stream(stream)
        return {"characters": len(stream.result.text)}


class OnnxAsr(Opaque):
    """The same in onnx-asr."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        package: Any = importlib.import_module("onnx_asr")
        runtime: Any = importlib.import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = description["threads"]
        options.inter_op_num_threads = 1
        quantization = description["quantization"]
        self._model = package.load_model(
            "nemo-conformer-ctc",
            description["model"],
            quantization=None if quantization == "none" else quantization,
            sess_options=options,
            providers=["CPUExecutionProvider"],
        )
        metadata: Any = importlib.import_module("importlib.metadata")
        self.facts = {"onnx-asr": metadata.version("onnx-asr")}

    def prepare(self, path: str) -> str:
        """Nothing is read ahead."""
        return path

    def run(self, prepared: str) -> dict[str, Any]:
        """One transcript."""
        return {"characters": len(self._model.recognize(prepared))}


def graph_file(quantization: str) -> str:
    """As both peers expect it."""
    return "model.onnx" if quantization == "none" else f"model.{quantization}.onnx"


ENGINES: Final = {"sherpa-onnx": SherpaOnnx, "onnx-asr": OnnxAsr}
