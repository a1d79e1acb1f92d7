"""A small Wav2Vec2ForCTC of XLS-R's shape, and how it is trained."""

import json
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from transformers import (
    Wav2Vec2Config,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Processor,
)

from export.demo.hebrew.fast_features import channels_last_features
from export.demo.hebrew.pronunciation import LETTERS
from export.demo.speech.utterance import SAMPLE_RATE

DELIMITER, UNKNOWN, BLANK = "|", "[UNK]", "[PAD]"
VOCABULARY: Final = (*LETTERS, DELIMITER, UNKNOWN, BLANK)
IDS: Final = {token: index for index, token in enumerate(VOCABULARY)}
BLANK_ID: Final = IDS[BLANK]


class Wav2Vec2Spelling:
    """Letters, with a delimiter between words, on frames of 320 samples."""

    stride = 320
    delimiter_id = IDS[DELIMITER]

    def frame_count(self, samples: int) -> int:
        """Frames of `samples` samples, by the convolutions' formula."""
        config = demo_config()
        for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
            samples = (samples - kernel) // stride + 1
        return samples

    def prepare(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """Zero mean, unit variance."""
        centred = waveform - waveform.mean()
        normalized: NDArray[np.float32] = centred / np.sqrt(centred.var() + 1e-7)
        return normalized

    def spell(self, word: str) -> list[int]:
        """The letters of a word."""
        return [IDS[letter] for letter in word]


class Wav2Vec2Learner:
    """The network that is trained."""

    blank_id = BLANK_ID

    def __init__(self) -> None:
        self.module = Wav2Vec2ForCTC(demo_config())
        # On a CPU plain attention is faster than the fused kernel when there is a mask.
        self.module.set_attn_implementation("eager")
        self._spelling = Wav2Vec2Spelling()

    def log_probs(self, waveforms: Tensor, lengths: Tensor) -> Tensor:
        """float32 [B, T, V]. The model's own forward pass, with the faster front end."""
        model = self.module
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = channels_last_features(model.wav2vec2.feature_extractor, waveforms)
            frames = torch.tensor([self._spelling.frame_count(int(n)) for n in lengths])
            mask = torch.arange(hidden.shape[1])[None, :] < frames[:, None]
            hidden, _ = model.wav2vec2.feature_projection(hidden)
            hidden = model.wav2vec2.encoder(hidden, attention_mask=mask)[0]
            logits = model.lm_head(hidden)
        return functional.log_softmax(logits.float(), dim=-1)


def demo_config() -> Wav2Vec2Config:
    """XLS-R's shape (layer-norm front end, stable layer norm, stride 320), small."""
    return Wav2Vec2Config(
        vocab_size=len(VOCABULARY),
        pad_token_id=BLANK_ID,
        bos_token_id=None,
        eos_token_id=None,
        hidden_size=256,
        num_hidden_layers=6,
        num_attention_heads=4,
        intermediate_size=1024,
        conv_dim=(32, 48, 64, 96, 128, 160, 192),
        feat_extract_norm="layer",
        conv_bias=True,
        do_stable_layer_norm=True,
        num_conv_pos_embeddings=64,
        num_conv_pos_embedding_groups=16,
        apply_spec_augment=False,
        hidden_dropout=0.0,
        attention_dropout=0.0,
        activation_dropout=0.0,
        feat_proj_dropout=0.0,
        final_dropout=0.0,
        layerdrop=0.0,
        ctc_loss_reduction="mean",
    )


def save_checkpoint(model: Wav2Vec2ForCTC, folder: Path) -> None:
    """Write a checkpoint as transformers reads it: model, tokenizer, feature extractor."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps(IDS, ensure_ascii=False), encoding="utf-8")
    tokenizer = Wav2Vec2CTCTokenizer(
        str(vocabulary),
        unk_token=UNKNOWN,
        pad_token=BLANK,
        word_delimiter_token=DELIMITER,
        bos_token=None,
        eos_token=None,
    )
    extractor = Wav2Vec2FeatureExtractor(
        feature_size=1,
        sampling_rate=SAMPLE_RATE,
        padding_value=0.0,
        do_normalize=True,
        return_attention_mask=True,
    )
    Wav2Vec2Processor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(folder)
    model.save_pretrained(folder)
