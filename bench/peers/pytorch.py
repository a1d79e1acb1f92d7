"""The checkpoint's own framework: float32, or torch's dynamic int8 of its linear layers."""

import importlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from bench.peers.engine import Opaque


class Wav2Vec2(Opaque):
    """transformers' model. precision: float32, int8 (nn.Linear) or bfloat16."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._torch = _torch(description)
        transformers: Any = importlib.import_module("transformers")
        model = transformers.Wav2Vec2ForCTC.from_pretrained(description["model"]).eval()
        self._model = _int8(self._torch, model) if description["precision"] == "int8" else model
        self.facts = {"torch": self._torch.__version__, "transformers": transformers.__version__}

    def prepare(self, path: str) -> Any:  # noqa: ANN401  # a tensor
        """path: an array in numpy's format."""
        return self._torch.from_numpy(np.load(path))[None]

    def run(self, prepared: Any) -> dict[str, Any]:  # noqa: ANN401  # a tensor
        """One pass."""
        with self._torch.inference_mode():
            return {"frames": self._model(prepared).logits.shape[1]}


class Nemo(Opaque):
    """NeMo's model, from features on."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._torch = _torch(description)
        models: Any = importlib.import_module("nemo.collections.asr.models")
        restored = models.EncDecCTCModel.restore_from(description["model"], map_location="cpu")
        self._model = restored.eval()
        self._model.encoder.set_max_audio_length(description["frames"])
        nemo: Any = importlib.import_module("nemo")
        self.facts = {"torch": self._torch.__version__, "nemo": nemo.__version__}

    def prepare(self, path: str) -> Any:  # noqa: ANN401  # a tensor
        """path: an array in numpy's format."""
        return self._torch.from_numpy(np.load(path))[None]

    def run(self, prepared: Any) -> dict[str, Any]:  # noqa: ANN401  # a tensor
        """One pass."""
        length = self._torch.tensor([prepared.shape[-1]])
        with self._torch.inference_mode():
            log_probs, _, _ = self._model(processed_signal=prepared, processed_signal_length=length)
        return {"frames": log_probs.shape[1]}


def _torch(description: Mapping[str, Any]) -> Any:  # noqa: ANN401  # the module
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(description["threads"])
    return torch


def _int8(torch: Any, model: Any) -> Any:  # noqa: ANN401  # the module, and modules
    linear = {torch.nn.Linear}
    return torch.ao.quantization.quantize_dynamic(model, linear, dtype=torch.qint8)


ENGINES: Final = {"torch": Wav2Vec2, "nemo": Nemo}
