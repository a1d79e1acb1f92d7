"""A conformer of NeMo with a CTC head: `EncDecCTCModelBPE`, or `EncDecCTCModel` of characters."""

import tarfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import torch
from nemo.collections.asr.models import EncDecCTCModel, EncDecCTCModelBPE
from numpy.typing import NDArray
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from onnx import ModelProto
from torch.jit._trace import TracerWarning
from yaml import YAMLError  # type: ignore[import-untyped] # typed in a package of its own

from export.errors import UnsupportedCheckpoint
from export.graph.products import Products
from export.nemo.graph.network import build
from export.nemo.positions import computed_positions
from export.nemo.recipe import check_tables, edges_of, read_recipe, reflect_edges
from export.nemo.source import NemoSource, locate
from export.nemo.vocabulary import NemoVocabulary, read_vocabulary
from export.network import Array, Provenance
from export.peers import (
    add_metadata,
    conformer_config,
    conformer_metadata,
    peer_vocabulary,
)
from service.framing import Subsampling
from service.manifest import Manifest
from service.recipes import Edges, LogMelRecipe

ONNX_FILE: Final = "model.onnx"
FEATURES_INPUT: Final = "audio_signal"
LENGTH_INPUT: Final = "length"
LOG_PROBS_OUTPUT: Final = "logprobs"
AXES: Final = {
    FEATURES_INPUT: {0: "batch", 2: "frames"},
    LENGTH_INPUT: {0: "batch"},
    LOG_PROBS_OUTPUT: {0: "batch", 1: "subsampled_frames"},
}
TOKENIZER_FILE: Final = "tokenizer.model"
SHORTEST_SEC: Final = 0.01  # of the probes
LONGEST_SEC: Final = 300
CLASSES: Final[Mapping[str, type[EncDecCTCModel]]] = {
    "EncDecCTCModel": EncDecCTCModel,
    "EncDecCTCModelBPE": EncDecCTCModelBPE,
}
# NeMo's own, where a checkpoint does not say.
ENCODER_DEFAULTS: Final[Mapping[str, Any]] = {
    "_target_": None,
    "subsampling": "striding",
    "subsampling_factor": 4,
    "self_attention_model": "rel_pos",
    "causal_downsampling": False,
    "reduction": None,
    "att_context_size": None,
}
# What the runtime's framing and the computed positions rest on.
ENCODER: Final[Mapping[str, tuple[object, ...]]] = {
    "_target_": ("nemo.collections.asr.modules.ConformerEncoder",),
    "subsampling": ("striding", "dw_striding"),
    "self_attention_model": ("rel_pos",),
    "causal_downsampling": (False,),
    "reduction": (None,),
    "att_context_size": ([-1, -1], None),  # attention without limits
}


@dataclass(frozen=True)
class ConformerNetwork:
    """What a checkpoint says of itself, and its network."""

    model: EncDecCTCModel
    recipe: LogMelRecipe
    framing: Subsampling
    vocabulary: NemoVocabulary
    output = LOG_PROBS_OUTPUT
    shortest_sec = SHORTEST_SEC
    longest_sec = LONGEST_SEC
    tools = ("torch", "nemo_toolkit", "onnx", "onnxruntime")
    batches = True

    @property
    def tokens(self) -> tuple[str, ...]:
        """Pieces or characters, and the blank."""
        return self.vocabulary.tokens

    @property
    def blank_id(self) -> int:
        """The last one."""
        return len(self.tokens) - 1

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return self.recipe.sample_rate

    def prepare(self, waveform: Array) -> Array:
        """NeMo's own features, the valid frames of them: float32 [features, T].

        NeMo returns one frame more than it calls valid; a model that hears it answers junk for it.
        """
        missing = self.recipe.min_samples - len(waveform)
        padded = torch.from_numpy(np.pad(waveform, (0, max(0, missing))))
        with torch.inference_mode():
            features, valid = self.model.preprocessor(
                input_signal=padded[None], length=torch.tensor([len(padded)])
            )
        kept: Array = features[0, :, : int(valid[0])].numpy()
        return kept

    def logits(self, model_input: Array) -> Array:
        """The reference answer, log-probabilities: float32 [T, V]."""
        encoder = self.model.encoder
        frames = self.framing.output_length(model_input.shape[-1])
        if frames > encoder.max_audio_length:  # past its table NeMo answers wrongly, then fails
            encoder.set_max_audio_length(frames)
        with torch.inference_mode():
            log_probs, _, _ = self.model(
                processed_signal=torch.from_numpy(model_input)[None],
                processed_signal_length=torch.tensor([model_input.shape[-1]]),
            )
        values: Array = log_probs[0].numpy()
        return values

    def trace(self, folder: Path) -> Path:
        """Through NeMo's own export, with positions that have no limit."""
        path = folder / ONNX_FILE
        with warnings.catch_warnings(), computed_positions(self.model.encoder):
            # Branches on shapes are constant in the graph; the gates hold it against every length.
            warnings.simplefilter("ignore", TracerWarning)
            warnings.simplefilter("ignore", UserWarning)
            # NeMo's way to ONNX is the exporter that torch calls legacy.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.model.export(str(path), dynamic_axes=AXES)
        return path

    def integer_graph(self, products: Products) -> ModelProto:
        """It keeps the padding of a batch out of its answers as well."""
        return build(products, self.model, (FEATURES_INPUT, LENGTH_INPUT, LOG_PROBS_OUTPUT))

    def feed(self, inputs: Sequence[Array]) -> dict[str, NDArray[Any]]:
        """Features of any lengths, padded with zeros, and their lengths."""
        lengths = np.array([item.shape[-1] for item in inputs], dtype=np.int64)
        shape = (len(inputs), self.recipe.features, int(lengths.max()))
        padded = np.zeros(shape, dtype=np.float32)
        for row, item in zip(padded, inputs, strict=True):
            row[:, : item.shape[-1]] = item
        return {FEATURES_INPUT: padded, LENGTH_INPUT: lengths}

    def finish(self, graph: Path) -> None:
        """Say in the graph what a peer reads there."""
        facts = conformer_metadata(
            width=len(self.tokens),
            subsampling_factor=self.framing.factor,
            normalize=self.recipe.normalize or "",
        )
        add_metadata(graph, facts)

    def files(self) -> Mapping[str, bytes]:
        """The tokenizer where there is one, and what the peers read."""
        files = {
            **peer_vocabulary(self.tokens, self.blank_id, self.vocabulary.word_delimiter),
            **conformer_config(self.framing.factor, self.recipe.features),
        }
        encoded = {name: text.encode() for name, text in files.items()}
        tokenizer = self.vocabulary.tokenizer
        return encoded if tokenizer is None else {TOKENIZER_FILE: tokenizer, **encoded}

    def manifest(self, provenance: Provenance) -> Manifest:
        """All but the figures and the files' hashes."""
        return Manifest(
            **vars(provenance),
            family="nemo-conformer",
            sample_rate=self.sample_rate,
            blank_id=self.blank_id,
            word_delimiter=self.vocabulary.word_delimiter,
            special_tokens=self.vocabulary.special_tokens,
            tokenizer=None if self.vocabulary.tokenizer is None else TOKENIZER_FILE,
            features=self.recipe,
            framing=self.framing,
            input=FEATURES_INPUT,
            length_input=LENGTH_INPUT,
            output=LOG_PROBS_OUTPUT,
            files={},
            report={},
        )


def fetch(checkpoint: str, edges: Edges | None) -> tuple[NemoSource, ConformerNetwork]:
    """Find and read a checkpoint, by path or published name. Raises ExportError.

    edges: the mel dialect; None: that of the NeMo version that the checkpoint was made with.
    """
    path, revision = locate(checkpoint)
    config = _config(path)
    version = config.get("nemo_version")
    name = path.stem if Path(checkpoint) == path else checkpoint
    source = NemoSource(name, revision, path, None if version is None else str(version))
    return source, read_checkpoint(path, config, edges_of(source.nemo_version, edges))


def read_checkpoint(path: Path, config: Mapping[str, Any], edges: Edges) -> ConformerNetwork:
    """Load and check a checkpoint, with features in the dialect of `edges`.

    Raises UnsupportedCheckpoint, naming what it is that cannot be exported.
    """
    recipe = read_recipe(config["preprocessor"], edges)
    encoder = {**ENCODER_DEFAULTS, **config["encoder"]}
    _check_encoder(encoder)
    model = _restore(path, CLASSES[_class_name(config)])
    featurizer = model.preprocessor.featurizer
    check_tables(featurizer, recipe)
    if edges == "reflect":
        reflect_edges(featurizer)
    framing = Subsampling(recipe, encoder["subsampling_factor"])
    return ConformerNetwork(model, recipe, framing, read_vocabulary(model))


def _config(path: Path) -> Mapping[str, Any]:
    """The configuration inside a .nemo file, as plain values."""
    try:
        read = EncDecCTCModel.restore_from(str(path), return_config=True)
        config = OmegaConf.to_container(read, resolve=True)
    except (
        OSError,
        tarfile.TarError,
        OmegaConfBaseException,
        KeyError,
        ValueError,
        RuntimeError,
        YAMLError,
    ) as error:
        expected = "a .nemo archive with its configuration"
        raise UnsupportedCheckpoint(str(path), expected=expected, got=error) from error
    if not isinstance(config, dict) or _class_name(config) not in CLASSES:
        got = _class_name(config) if isinstance(config, dict) else "a list"
        expected = f"a CTC model: {' or '.join(CLASSES)}"
        raise UnsupportedCheckpoint("checkpoint", expected=expected, got=got)
    for section in ("preprocessor", "encoder"):
        if not isinstance(config.get(section), dict):
            got = repr(config.get(section))
            raise UnsupportedCheckpoint(section, expected="a section of settings", got=got)
    return cast("Mapping[str, Any]", config)


def _class_name(config: Mapping[Any, Any]) -> str:
    return str(config.get("target", "no target")).rpartition(".")[2]


def _check_encoder(encoder: Mapping[str, Any]) -> None:
    for name, allowed in ENCODER.items():
        if encoder[name] not in allowed:
            expected, got = " or ".join(map(repr, allowed)), repr(encoder[name])
            raise UnsupportedCheckpoint(f"encoder.{name}", expected=expected, got=got)
    factor = encoder["subsampling_factor"]
    if type(factor) is not int or factor < 1:
        expected = "a whole number > 0"
        raise UnsupportedCheckpoint("encoder.subsampling_factor", expected=expected, got=factor)


def _restore(path: Path, kind: type[EncDecCTCModel]) -> EncDecCTCModel:
    try:
        model = kind.restore_from(str(path), map_location=torch.device("cpu"))
    except Exception as error:  # NeMo, hydra and torch raise what they like
        expected = f"weights of its {kind.__name__}"
        raise UnsupportedCheckpoint(str(path), expected=expected, got=error) from error
    return model.eval()
