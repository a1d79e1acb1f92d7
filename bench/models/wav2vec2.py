"""A Wav2Vec2ForCTC of a shape with random weights, in every form in which it is measured."""

import importlib
import json
import os
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

from bench.models.cache import bundle, made, prepared
from bench.models.outliers import plant
from bench.shapes import SHAPES, Shape

SEED: Final = 5
LENGTHS: Final = ("400", "16000", "160000")  # samples of the export's probes; 60 s would take long
CALIBRATION_SEC: Final = 5
CALIBRATION_INPUTS: Final = 4
LETTERS: Final = "אבגדהוזחטיכלמנסעפצקרשתךםןףץ"
RATE: Final = 16_000  # Hz


class Wav2Vec2Models:
    """The forms of one shape, each made when it is first asked for. Each raises NotBuilt."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        self.shape = shape
        self._folder = folder / shape.name
        self._folder.mkdir(parents=True, exist_ok=True)

    @cached_property
    def checkpoint(self) -> Path:
        """As transformers saves it."""
        return made(self._folder / "checkpoint", partial(write_checkpoint, self.shape.name))

    @cached_property
    def planted(self) -> Path:
        """The same network, float32 answers and all, with outlier channels planted."""
        folder = self._folder / "planted"
        folder.mkdir(exist_ok=True)
        return made(folder / "checkpoint", partial(write_planted, self.checkpoint))

    @cached_property
    def fp32(self) -> Path:
        """The export's own tracing, through optimum."""
        return made(self._folder / "fp32.onnx", partial(write_fp32, self.checkpoint))

    @cached_property
    def stock(self) -> Path:
        """ONNX Runtime's quantize_dynamic, matrix products only, from optimum's export."""
        return made(self._folder / "stock.onnx", partial(write_stock, self.fp32))

    @cached_property
    def openvino_int8(self) -> Path:
        """NNCF's post-training quantisation for transformers, from optimum's export."""
        return made(self._folder / "openvino-int8.xml", partial(write_openvino_int8, self.fp32))

    @cached_property
    def ours(self) -> Path:
        """The bundle of the export command."""
        return bundle("hf", self.checkpoint, "ours", "--lengths", *LENGTHS)

    @cached_property
    def ours_reduced(self) -> Path:
        """The same for CPUs without VNNI: weights of 7 bits."""
        return bundle(
            "hf", self.checkpoint, "ours-reduced", "--lengths", *LENGTHS, "--reduce-range"
        )

    @cached_property
    def ours_prepared(self) -> Path:
        """The bundle, when `python -m service prepare` has written it as this CPU runs it."""
        return prepared(self.ours)

    @cached_property
    def ours_outliers(self) -> Path:
        """That of the planted checkpoint: whatever counter-measures the export decides on."""
        return bundle("hf", self.planted, "ours-outliers", "--lengths", *LENGTHS)


def write_checkpoint(shape_name: str, target: Path) -> None:
    """Random weights of a fixed seed."""
    torch: Any = importlib.import_module("torch")
    transformers: Any = importlib.import_module("transformers")
    torch.manual_seed(SEED)
    shape = SHAPES[shape_name]
    model = transformers.Wav2Vec2ForCTC(transformers.Wav2Vec2Config(**shape.config))
    with torch.no_grad():
        model.lm_head.weight *= 20 if shape.name == "tiny" else 1  # else int8 is all noise
    model.save_pretrained(target)
    special = ("<s>", "</s>", "|", "[UNK]", "[PAD]")
    letters = LETTERS[: shape.tokens - len(special)]
    tokens = (*special[:2], *letters, *special[2:])
    _write(target / "vocab.json", {token: index for index, token in enumerate(tokens)})
    _write(target / "tokenizer_config.json", TOKENIZER)
    _write(target / "preprocessor_config.json", EXTRACTOR)


TOKENIZER: Final = {
    "tokenizer_class": "Wav2Vec2CTCTokenizer",
    "unk_token": "[UNK]",
    "pad_token": "[PAD]",
    "word_delimiter_token": "|",
    "bos_token": None,
    "eos_token": None,
}
EXTRACTOR: Final = {
    "feature_extractor_type": "Wav2Vec2FeatureExtractor",
    "feature_size": 1,
    "sampling_rate": RATE,
    "padding_value": 0.0,
    "do_normalize": True,
    "return_attention_mask": True,
}


def write_planted(checkpoint: Path, target: Path) -> None:
    """The checkpoint again, outliers planted."""
    transformers: Any = importlib.import_module("transformers")
    model = transformers.Wav2Vec2ForCTC.from_pretrained(checkpoint)
    plant(model)
    model.save_pretrained(target)
    for path in checkpoint.glob("*.json"):
        if not (target / path.name).exists():
            (target / path.name).write_bytes(path.read_bytes())


def write_fp32(checkpoint: Path, target: Path) -> None:
    """By the export's own tracing, its mask folded as in a bundle."""
    huggingface: Any = importlib.import_module("export.huggingface")
    network = huggingface.read_checkpoint(checkpoint)
    scratch = target.parent / "traced"
    scratch.mkdir()
    graph = network.trace(scratch)
    network.finish(graph)
    graph.replace(target)
    for path in scratch.iterdir():
        path.unlink()
    scratch.rmdir()


def write_stock(fp32: Path, target: Path) -> None:
    """Dynamic int8 of the matrix products, as the export did before it had graphs of its own."""
    quantization: Any = importlib.import_module("onnxruntime.quantization")
    quantization.quantize_dynamic(
        fp32,
        target,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=quantization.QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )


def write_openvino_int8(fp32: Path, target: Path) -> None:
    """Static int8 with NNCF's own settings for transformers, calibrated on noise."""
    os.environ["NNCF_CI"] = "1"  # or it reports to its maker: decision 1
    nncf: Any = importlib.import_module("nncf")
    numpy: Any = importlib.import_module("numpy")
    openvino: Any = importlib.import_module("openvino")
    random = numpy.random.default_rng(SEED)
    samples = CALIBRATION_SEC * RATE
    inputs = [
        random.standard_normal((1, samples)).astype(numpy.float32)
        for _ in range(CALIBRATION_INPUTS)
    ]
    quantized = nncf.quantize(
        openvino.Core().read_model(fp32),
        nncf.Dataset(inputs),
        preset=nncf.QuantizationPreset.MIXED,
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(inputs),
    )
    openvino.save_model(quantized, target, compress_to_fp16=False)


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
