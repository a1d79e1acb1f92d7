"""NeMo's medium conformer with random weights, in every form in which it is measured."""

import copy
import importlib
import shutil
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

from bench.models.cache import bundle, made
from bench.models.wav2vec2 import write_stock

SEED: Final = 7
LENGTHS: Final = ("160", "16000", "160000")  # samples of the export's probes
GRAPHS: Final = {"none": "model.onnx", "int8": "model.int8.onnx"}  # as the peers name them
FIRST_LETTER: Final = 0x0904  # of Devanagari


class ConformerModels:
    """The forms of it, each made when it is first asked for. Each raises NotBuilt."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "conformer-medium"
        self._folder.mkdir(parents=True, exist_ok=True)

    @cached_property
    def checkpoint(self) -> Path:
        """As NeMo saves it."""
        return made(self._folder / "medium.nemo", write_checkpoint)

    @cached_property
    def fp32(self) -> Path:
        """The export's own tracing."""
        return made(self._folder / "fp32.onnx", partial(write_fp32, self.checkpoint))

    @cached_property
    def stock(self) -> Path:
        """ONNX Runtime's quantize_dynamic, matrix products only."""
        return made(self._folder / "stock.onnx", partial(write_stock, self.fp32))

    @cached_property
    def ours(self) -> Path:
        """The bundle of the export command."""
        return bundle("nemo", self.checkpoint, "ours", "--lengths", *LENGTHS, "--language", "hi")

    @cached_property
    def for_peers(self) -> Path:
        """A folder as sherpa-onnx and onnx-asr take it: float32 and stock int8."""
        graphs = {"none": self.fp32, "int8": self.stock}
        return made(self._folder / "peers", partial(write_for_peers, self.ours, graphs))


def write_checkpoint(target: Path) -> None:
    """Random weights of a fixed seed, of 128 characters."""
    torch: Any = importlib.import_module("torch")
    medium: Any = importlib.import_module("bench.medium")
    models: Any = importlib.import_module("nemo.collections.asr.models")
    omegaconf: Any = importlib.import_module("omegaconf")
    torch.manual_seed(SEED)
    config = copy.deepcopy(medium.CONFIG)
    letters = [chr(FIRST_LETTER + index) for index in range(config["decoder"]["num_classes"] - 1)]
    config["decoder"]["vocabulary"] = config["labels"] = [" ", *letters]
    models.EncDecCTCModel(cfg=omegaconf.OmegaConf.create(config)).save_to(str(target))


def write_fp32(checkpoint: Path, target: Path) -> None:
    """With the facts that the peers read in the graph."""
    network: Any = importlib.import_module("export.nemo.network")
    _, conformer = network.fetch(str(checkpoint), None)
    scratch = target.parent / "traced"
    scratch.mkdir()
    graph = conformer.trace(scratch)
    conformer.finish(graph)
    graph.replace(target)
    shutil.rmtree(scratch)


def write_for_peers(own: Path, graphs: dict[str, Path], target: Path) -> None:
    """The bundle's vocabulary and configuration, and these graphs."""
    target.mkdir()
    for name in ("vocab.txt", "config.json"):
        shutil.copy(own / name, target / name)
    for quantization, graph in graphs.items():
        shutil.copy(graph, target / GRAPHS[quantization])
