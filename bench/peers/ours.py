"""The service's own code: the bare model, its windows over long audio, and a whole file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bench.peers.engine import Opaque
from bench.peers.onnx_runtime import feed, profiled, settings
from service.acoustic import AcousticModel, OnnxAcousticModel
from service.audio import Audio, decode_file
from service.bundle import Bundle, open_bundle
from service.chunking import Emitter
from service.features import features_of
from service.ops.cores import Cores
from service.ops.quota import usable_cpus
from service.preparing.cache import PreparedModels
from service.preparing.opening import open_model
from service.recognizer import Recognizer

MAX_SEC: Final = 600.0
PREPARED: Final = "prepared"  # beside a bundle: what `python -m service prepare` made of it


def opened(description: Mapping[str, Any]) -> tuple[Bundle, OnnxAcousticModel]:
    """The bundle `model`, and its model as the service loads it, prepared or not."""
    folder, threads = Path(description["model"]), description["threads"] or 1
    if not description.get("prepared"):
        bundle = open_bundle(folder)
        return bundle, OnnxAcousticModel(bundle, threads)
    prepared = PreparedModels(folder.parent / PREPARED)
    vouched = open_bundle(folder, prepared.vouches)
    return vouched, open_model(vouched, threads, prepared)


class Bare:
    """The acoustic model alone, as the service runs it. threads: 0 is one, without pinning, and
    clients hold a core each and wait for one, as requests do.
    """

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._bundle, self._model = opened(description)
        self._threads = description["threads"] or 1
        self._cores = Cores(usable_cpus())
        self.facts = {"onnxruntime": onnxruntime.__version__}

    def prepare(self, path: str) -> NDArray[np.float32]:
        """path: an array in numpy's format."""
        values: NDArray[np.float32] = np.load(path)
        return values

    def run(self, prepared: NDArray[np.float32]) -> dict[str, Any]:
        """One pass."""
        with self._cores.one():
            return {"frames": len(self._model.logits(prepared))}

    def operators(self, prepared: NDArray[np.float32]) -> dict[str, float]:
        """From a session of ours that profiles."""
        graph, manifest = self._bundle.model_path, self._bundle.manifest
        names = [manifest.input, *filter(None, [manifest.length_input])]
        return profiled(graph, settings(self._threads), feed(names, prepared))


class Counting:
    """A model that remembers how much it heard."""

    def __init__(self, model: AcousticModel) -> None:
        self._model = model
        self.heard: list[int] = []  # lengths of its inputs

    def logits(self, model_input: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the model says."""
        self.heard.append(model_input.shape[-1])
        return self._model.logits(model_input)


class Windowed(Opaque):
    """Features, windows and inference over a recording of any length: what a request costs."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        bundle, model = opened(description)
        self._counting = Counting(model)
        manifest = bundle.manifest
        self._rate = manifest.sample_rate
        self._emitter = Emitter(self._counting, features_of(manifest), manifest.framing)
        self.facts: Mapping[str, Any] = {}

    def prepare(self, path: str) -> Audio:
        """path: a file of sound."""
        return decode_file(Path(path), self._rate, MAX_SEC)

    def run(self, prepared: Audio) -> dict[str, Any]:
        """All windows; tells how long each input was, in samples or feature frames."""
        self._counting.heard.clear()
        log_probs = self._emitter.log_probs(prepared)
        return {"frames": len(log_probs), "heard": list(self._counting.heard)}


class File(Opaque):
    """From a file to its text: decoding, features, inference, search."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        bundle, model = opened(description)
        self._rate = bundle.manifest.sample_rate
        self._recognizer = Recognizer(bundle, model)
        self.facts = {"onnxruntime": onnxruntime.__version__}

    def prepare(self, path: str) -> Path:
        """Nothing is read ahead."""
        return Path(path)

    def run(self, prepared: Path) -> dict[str, Any]:
        """One transcript."""
        transcript = self._recognizer.transcribe(decode_file(prepared, self._rate, MAX_SEC))
        return {"characters": len(transcript.text)}


ENGINES: Final = {"ours": Bare, "service": Windowed, "file": File}
