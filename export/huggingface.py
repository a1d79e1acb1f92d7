"""A `Wav2Vec2ForCTC` checkpoint: read, run as the reference, and traced to float32 ONNX."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import ModelProto
from optimum.exporters.onnx import onnx_export_from_model
from optimum.exporters.onnx.model_configs import Wav2Vec2OnnxConfig
from optimum.utils.input_generators import DummyAudioInputGenerator
from torch import Tensor
from torch.jit._trace import TracerWarning
from transformers import AutoConfig, Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

from export.errors import CheckpointNotFound, UnsupportedCheckpoint
from export.graph.products import Products
from export.hub import Source, locate
from export.network import Provenance
from export.peers import fold_mask, peer_vocabulary
from export.vocabulary import Vocabulary, read_vocabulary
from export.wav2vec2.graph import build
from service.framing import Convolutions
from service.manifest import Manifest, Units
from service.recipes import WaveformRecipe

TASK: Final = "automatic-speech-recognition"
ARCHITECTURE: Final = "Wav2Vec2ForCTC"
ONNX_FILE: Final = "model.onnx"
WAVEFORM_INPUT: Final = "input_values"
MASK_INPUT: Final = "attention_mask"
LOGITS_OUTPUT: Final = "logits"
SHORTEST_SEC: Final = 0.025  # of the probes: one frame
LONGEST_SEC: Final = 60  # of the probes: attention over a minute takes the large model long enough
TRAINING_WEIGHTS: Final = {"wav2vec2.masked_spec_embed"}  # used by SpecAugment alone

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Wav2Vec2Network:
    """What a checkpoint says of itself, and its network."""

    config: Wav2Vec2Config
    extractor: Wav2Vec2FeatureExtractor
    vocabulary: Vocabulary
    model: Wav2Vec2ForCTC
    output = LOGITS_OUTPUT
    tools = ("torch", "transformers", "optimum", "optimum-onnx", "onnx", "onnxruntime")
    shortest_sec = SHORTEST_SEC
    longest_sec = LONGEST_SEC

    @property
    def tokens(self) -> tuple[str, ...]:
        """Those of the tokenizer, in the order of the logits."""
        return self.vocabulary.tokens

    @property
    def blank_id(self) -> int:
        """The padding token's."""
        return self.vocabulary.blank_id

    @property
    def sample_rate(self) -> int:
        """Hz."""
        rate: int = self.extractor.sampling_rate
        return rate

    @property
    def framing(self) -> Convolutions:
        """How its convolutions make frames of samples."""
        kernels, strides = self.config.conv_kernel, self.config.conv_stride
        return Convolutions(tuple(zip(kernels, strides, strict=True)))

    @property
    def mask_input(self) -> str | None:
        """The name of the mask over samples, or None.

        Layer norm in the front end sees no padding, so that a mask makes batches exact; group norm
        averages over the padding, and such models are neither trained nor served with a mask.
        """
        return MASK_INPUT if self.config.feat_extract_norm == "layer" else None

    @property
    def batches(self) -> bool:
        """Whether there is a mask."""
        return self.mask_input is not None

    def prepare(self, waveform: Array) -> Array:
        """The checkpoint's own feature extractor. waveform, result: float32 [N]."""
        rate = self.extractor.sampling_rate
        batch = self.extractor(waveform, sampling_rate=rate, return_tensors="np")
        values: Array = batch[WAVEFORM_INPUT][0].astype(np.float32)
        return values

    def logits(self, model_input: Array) -> Array:
        """The reference answer. model_input: float32 [N]; returns float32 [T, V]."""
        with torch.inference_mode():
            output = self.model(torch.from_numpy(model_input)[None])
        values: Array = output.logits[0].numpy()
        return values

    def trace(self, folder: Path) -> Path:
        """Through optimum; returns the float32 graph's path."""
        return export_onnx(self, folder)

    def integer_graph(self, products: Products, *, masked: bool = False) -> ModelProto:
        """Channels last. masked: with the input for a mask, for padded batches."""
        mask = self.mask_input if masked else None
        return build(products, self.model, (WAVEFORM_INPUT, mask or "", LOGITS_OUTPUT))

    def feed(self, inputs: Sequence[Array]) -> dict[str, NDArray[Any]]:
        """Waveforms of any lengths, padded with zeros, and their mask where there is one."""
        lengths = np.array([len(item) for item in inputs])
        padded = np.zeros((len(inputs), lengths.max()), dtype=np.float32)
        for row, item in zip(padded, inputs, strict=True):
            row[: len(item)] = item
        feed: dict[str, NDArray[Any]] = {WAVEFORM_INPUT: padded}
        if self.mask_input is not None:
            positions = np.arange(lengths.max())
            feed[self.mask_input] = (positions < lengths[:, None]).astype(np.int64)
        return feed

    def finish(self, graph: Path) -> None:
        """What is served hears one waveform at a time: its mask is of ones, and is folded in."""
        if self.mask_input is not None:
            fold_mask(graph, WAVEFORM_INPUT, self.mask_input)

    def files(self) -> Mapping[str, bytes]:
        """The vocabulary as the peers spell it."""
        files = peer_vocabulary(self.tokens, self.blank_id, self.vocabulary.word_delimiter)
        return {name: text.encode() for name, text in files.items()}

    def manifest(self, provenance: Provenance) -> Manifest:
        """All but the figures and the files' hashes."""
        return Manifest(
            **vars(provenance),
            family="wav2vec2",
            sample_rate=self.sample_rate,
            blank_id=self.blank_id,
            word_delimiter=self.vocabulary.word_delimiter,
            special_tokens=self.vocabulary.special_tokens,
            tokenizer=None,
            features=WaveformRecipe(self.extractor.do_normalize),
            framing=self.framing,
            input=WAVEFORM_INPUT,
            length_input=None,
            output=LOGITS_OUTPUT,
            files={},
            report={},
            units=self.vocabulary.units,
        )


def fetch(
    checkpoint: str, revision: str | None, units: Units | None = None
) -> tuple[Source, Wav2Vec2Network]:
    """Find and read a checkpoint, by folder or hub id; units: what its tokens are, if its tokenizer
    does not say it. Raises ExportError.
    """
    source = locate(checkpoint, revision)
    return source, read_checkpoint(source.folder, units)


def read_checkpoint(folder: Path, units: Units | None = None) -> Wav2Vec2Network:
    """Load and check a checkpoint; units as for `fetch`.

    Raises UnsupportedCheckpoint for anything but a plain Wav2Vec2ForCTC with all its weights,
    CheckpointNotFound for missing files, VocabularyMismatch for tokens that do not fit.
    """
    config = _config(folder)
    extractor = _extractor(folder)
    model = _model(folder)
    vocabulary = read_vocabulary(folder, model.lm_head.out_features, config.pad_token_id, units)
    return Wav2Vec2Network(config, extractor, vocabulary, model)


def export_onnx(checkpoint: Wav2Vec2Network, output: Path) -> Path:
    """Trace the network into `output`; returns the float32 graph's path."""
    masked = checkpoint.mask_input is not None
    onnx_config = (_MaskedOnnxConfig if masked else Wav2Vec2OnnxConfig)(
        checkpoint.config, task=TASK
    )
    with warnings.catch_warnings():
        # Branches on shapes are constant in the graph; the gates hold it against every length.
        warnings.simplefilter("ignore", TracerWarning)
        # optimum 0.1 has no other exporter than the one that torch calls legacy.
        warnings.simplefilter("ignore", DeprecationWarning)
        onnx_export_from_model(
            checkpoint.model,
            output,
            task=TASK,
            custom_onnx_configs={"model": onnx_config},
            do_validation=False,  # the gates ask for more
        )
    return output / ONNX_FILE


class _MaskGenerator(DummyAudioInputGenerator):  # type: ignore[misc] # optimum has no types
    """Example inputs: a padded batch of two lengths."""

    SUPPORTED_INPUT_NAMES = (WAVEFORM_INPUT, MASK_INPUT)

    def generate(self, input_name: str, **settings: str) -> Tensor:
        """A waveform or a mask, [B, N]."""
        if input_name != MASK_INPUT:
            waveforms: Tensor = super().generate(input_name, **settings)
            return waveforms
        mask = torch.ones(self.batch_size, self.sequence_length, dtype=torch.int64)
        mask[-1, self.sequence_length * 2 // 3 :] = 0
        return mask


class _MaskedOnnxConfig(Wav2Vec2OnnxConfig):  # type: ignore[misc] # optimum has no types
    """optimum's graph with the attention mask, which its own configuration leaves out."""

    DUMMY_INPUT_GENERATOR_CLASSES = (_MaskGenerator,)

    @property
    def inputs(self) -> dict[str, dict[int, str]]:
        """The inputs' names, and those of their free axes."""
        axes = {0: "batch_size", 1: "sequence_length"}
        return {WAVEFORM_INPUT: axes, MASK_INPUT: axes}


def _config(folder: Path) -> Wav2Vec2Config:
    try:
        config = AutoConfig.from_pretrained(folder)
    except (OSError, ValueError, KeyError) as error:
        expected = "a transformers config.json"
        raise CheckpointNotFound(str(folder), expected=expected, got=error) from error
    architectures = config.architectures or []
    if not isinstance(config, Wav2Vec2Config) or ARCHITECTURE not in architectures:
        got = f"{', '.join(architectures) or 'no architecture'} of type {config.model_type}"
        raise UnsupportedCheckpoint("checkpoint", expected=f"a CTC model: {ARCHITECTURE}", got=got)
    if config.add_adapter or config.adapter_attn_dim is not None:
        raise UnsupportedCheckpoint("checkpoint", expected="no adapter layers", got="some")
    return config


def _extractor(folder: Path) -> Wav2Vec2FeatureExtractor:
    try:
        return Wav2Vec2FeatureExtractor.from_pretrained(folder)
    except (OSError, ValueError) as error:
        expected = "a preprocessor_config.json"
        raise CheckpointNotFound(str(folder), expected=expected, got=error) from error


def _model(folder: Path) -> Wav2Vec2ForCTC:
    try:
        model, loading = Wav2Vec2ForCTC.from_pretrained(folder, output_loading_info=True)
    except (OSError, RuntimeError, ValueError) as error:
        expected = f"weights of a {ARCHITECTURE}"
        raise UnsupportedCheckpoint(str(folder), expected=expected, got=error) from error
    # transformers fills what is missing with random numbers.
    missing = sorted(set(loading["missing_keys"]) - TRAINING_WEIGHTS)
    if missing:
        got = f"{len(missing)} missing, first {missing[0]}"
        raise UnsupportedCheckpoint(str(folder), expected="all weights", got=got)
    network: Wav2Vec2ForCTC = model.eval()
    return network
