"""A small EncDecCTCModelBPE of stt_hi_conformer_ctc_medium's shape, and how it is trained."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from nemo.collections.asr.models import EncDecCTCModelBPE
from nemo.collections.common.tokenizers.sentencepiece_tokenizer import create_spt_model
from numpy.typing import NDArray
from omegaconf import OmegaConf
from sentencepiece import SentencePieceProcessor
from torch import Tensor
from torch.nn import functional

import export.nemo  # noqa: F401  # quiets what NeMo tells while it reads
from export.demo.speech.utterance import SAMPLE_RATE

PIECES: Final = 128  # as many as the published model has
HOP: Final = 160  # samples a feature frame
SUBSAMPLING: Final = 4
LONGEST_AUDIO_FRAMES: Final = 5000
SHOWN_WORDS: Final = 5


class UnspellableText(ValueError):
    """The tokenizer has no piece for a letter of the text."""


class ConformerSpelling:
    """SentencePiece pieces, a word's first one marked with "▁", on frames of 640 samples."""

    stride = HOP * SUBSAMPLING
    delimiter_id = None

    def __init__(self, tokenizer_model: Path) -> None:
        self._processor = SentencePieceProcessor(model_file=str(tokenizer_model))

    def frame_count(self, samples: int) -> int:
        """Frames of `samples` samples: feature frames, in fours."""
        return -(-(samples // HOP) // SUBSAMPLING)

    def prepare(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """As it is: the model has its own preprocessor."""
        return waveform

    def spell(self, word: str) -> list[int]:
        """The pieces of a word."""
        pieces: list[int] = self._processor.encode(word)
        return pieces

    def check(self, words: Iterable[str]) -> None:
        """Raises UnspellableText if a word holds an unknown piece: nobody could learn it."""
        unknown = self._processor.unk_id()
        bad = sorted({word for word in words if unknown in self.spell(word)})
        if bad:
            raise UnspellableText(
                f"expected words of the tokenizer's letters, got {len(bad)} others: "
                + ", ".join(bad[:SHOWN_WORDS])
            )


class ConformerLearner:
    """The network that is trained."""

    def __init__(self, tokenizer_folder: Path) -> None:
        self.module = EncDecCTCModelBPE(cfg=OmegaConf.create(demo_config(tokenizer_folder)))
        self.blank_id = PIECES

    def log_probs(self, waveforms: Tensor, lengths: Tensor) -> Tensor:
        """float32 [B, T, V], by the model's own preprocessor, encoder and decoder."""
        model = self.module
        with torch.no_grad():
            features, frames = model.preprocessor(input_signal=waveforms, length=lengths)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            encoded, _ = model.encoder(audio_signal=features, length=frames)
            logits = model.decoder.decoder_layers(encoded).transpose(1, 2)
        return functional.log_softmax(logits.float(), dim=-1)


def demo_config(tokenizer_folder: Path) -> dict[str, Any]:
    """The published model's configuration, with fewer and narrower layers."""
    width = 144
    return {
        "sample_rate": SAMPLE_RATE,
        "tokenizer": {"dir": str(tokenizer_folder), "type": "bpe"},
        "preprocessor": {
            "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
            "sample_rate": SAMPLE_RATE,
            "normalize": "per_feature",
            "window_size": 0.025,
            "window_stride": HOP / SAMPLE_RATE,
            "window": "hann",
            "features": 80,
            "n_fft": 512,
            "log": True,
            "frame_splicing": 1,
            "dither": 1e-5,
            "pad_to": 0,
            "pad_value": 0.0,
        },
        "encoder": {
            "_target_": "nemo.collections.asr.modules.ConformerEncoder",
            "feat_in": 80,
            "feat_out": -1,
            "n_layers": 8,
            "d_model": width,
            "subsampling": "striding",
            "subsampling_factor": SUBSAMPLING,
            "subsampling_conv_channels": 64,
            "ff_expansion_factor": 4,
            "self_attention_model": "rel_pos",
            "n_heads": 4,
            "att_context_size": [-1, -1],
            "xscaling": True,
            "untie_biases": True,
            "pos_emb_max_len": LONGEST_AUDIO_FRAMES,
            "conv_kernel_size": 31,
            "conv_norm_type": "batch_norm",
            "dropout": 0.0,
            "dropout_emb": 0.0,
            "dropout_att": 0.0,
        },
        "decoder": {
            "_target_": "nemo.collections.asr.modules.ConvASRDecoder",
            "feat_in": width,
            "num_classes": PIECES,
            "vocabulary": [],
        },
        "optim": None,
    }


def write_tokenizer(sentences: Sequence[str], folder: Path) -> Path:
    """Train a SentencePiece model as NeMo's own script does; the path of the model.

    Made once: training resumes with the vocabulary that it began with.
    """
    model = folder / "tokenizer.model"
    if not model.exists():
        with tempfile.TemporaryDirectory() as scratch:
            text = Path(scratch) / "text.txt"
            text.write_text("\n".join(sentences), encoding="utf-8")
            create_spt_model(
                str(text),
                vocab_size=PIECES,
                sample_size=-1,
                do_lower_case=False,
                tokenizer_type="unigram",
                output_dir=str(folder),
            )
    return model


def save_checkpoint(learner: ConformerLearner, path: Path) -> None:
    """Write a .nemo file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    learner.module.save_to(str(path))
