"""A `Wav2Vec2ForCTC` checkpoint: read, run as the reference, and traced to float32 ONNX."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from optimum.exporters.onnx import onnx_export_from_model
from optimum.exporters.onnx.model_configs import Wav2Vec2OnnxConfig
from optimum.utils.input_generators import DummyAudioInputGenerator
from torch import Tensor
from torch.jit._trace import TracerWarning
from transformers import AutoConfig, Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

from export.errors import CheckpointNotFound, UnsupportedCheckpoint
from export.vocabulary import Vocabulary, read_vocabulary
from service.bundle import Framing

TASK: Final = "automatic-speech-recognition"
ARCHITECTURE: Final = "Wav2Vec2ForCTC"
ONNX_FILE: Final = "model.onnx"
WAVEFORM_INPUT: Final = "input_values"
MASK_INPUT: Final = "attention_mask"
LOGITS_OUTPUT: Final = "logits"
TRAINING_WEIGHTS: Final = {"wav2vec2.masked_spec_embed"}  # used by SpecAugment alone

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint says of itself, and its network."""

    folder: Path
    config: Wav2Vec2Config
    extractor: Wav2Vec2FeatureExtractor
    vocabulary: Vocabulary
    model: Wav2Vec2ForCTC

    @property
    def framing(self) -> Framing:
        """How its convolutions make frames of samples."""
        kernels, strides = self.config.conv_kernel, self.config.conv_stride
        return Framing(tuple(zip(kernels, strides, strict=True)))

    @property
    def mask_input(self) -> str | None:
        """The name of the mask over samples, or None.

        Layer norm in the front end sees no padding, so that a mask makes batches exact; group norm
        averages over the padding, and such models are neither trained nor served with a mask.
        """
        return MASK_INPUT if self.config.feat_extract_norm == "layer" else None

    def features(self, waveform: Array) -> Array:
        """The checkpoint's own preparation. waveform, result: float32 [N]."""
        rate = self.extractor.sampling_rate
        batch = self.extractor(waveform, sampling_rate=rate, return_tensors="np")
        values: Array = batch[WAVEFORM_INPUT][0].astype(np.float32)
        return values

    def logits(self, features: Array) -> Array:
        """The reference answer. features: float32 [N]; returns float32 [T, V]."""
        with torch.inference_mode():
            output = self.model(torch.from_numpy(features)[None])
        values: Array = output.logits[0].numpy()
        return values


def read_checkpoint(folder: Path) -> Checkpoint:
    """Load and check a checkpoint.

    Raises UnsupportedCheckpoint for anything but a plain Wav2Vec2ForCTC with all its weights,
    CheckpointNotFound for missing files, VocabularyMismatch for tokens that do not fit.
    """
    config = _config(folder)
    extractor = _extractor(folder)
    model = _model(folder)
    vocabulary = read_vocabulary(folder, model.lm_head.out_features, config.pad_token_id)
    return Checkpoint(folder, config, extractor, vocabulary, model)


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one thread, so that real-time factors compare."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def export_onnx(checkpoint: Checkpoint, output: Path) -> Path:
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
