"""Tiny checkpoints of the real classes, with random weights, and the command that exports them."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from export.__main__ import main

TOKENS = (*"אבגדהוזחטיכלמנסעפצקרשת", "|", "[UNK]", "[PAD]")
BLANK_ID = len(TOKENS) - 1
PHONEMES = ("<pad>", "<s>", "</s>", "<unk>", "n", "s", "t", "ə", "tʃ", "aɪ", "ɔː", "ɔːɹ", "ɡ")
SHORT = (400, 401, 719, 720, 16000)  # samples


@dataclass(frozen=True)
class Exporter:
    """`python -m export` with its output in a folder of its own."""

    folder: Path
    lengths: tuple[int, ...] = field(default=SHORT)
    source: str = "hf"

    def of(self, source: str, lengths: tuple[int, ...]) -> "Exporter":
        """The same for another source of checkpoints and other probes."""
        return replace(self, source=source, lengths=lengths)

    @property
    def models(self) -> Path:
        """Where bundles go."""
        return self.folder / "models"

    @property
    def tokens(self) -> Path:
        """Where token maps are frozen."""
        return self.folder / "tokens"

    def arguments(self, checkpoint: object, *more: str) -> list[str]:
        """The command line, without the interpreter and the module."""
        places = ["--output", str(self.models), "--tokens-dir", str(self.tokens)]
        lengths = ["--lengths", *map(str, self.lengths)]
        return [self.source, "--checkpoint", str(checkpoint), *places, *more, *lengths]

    def __call__(self, checkpoint: object, *more: str) -> int:
        """Run it in this process; the exit status."""
        return main(self.arguments(checkpoint, *more))

    @property
    def left_behind(self) -> list[str]:
        """Whatever stands in the output folders."""
        return sorted(
            path.name
            for folder in (self.models, self.tokens)
            if folder.exists()
            for path in folder.iterdir()
        )


def write_checkpoint(
    folder: Path,
    tokens: tuple[str, ...] = TOKENS,
    seed: int = 5,
    head_gain: float = 20,
    **changes: object,
) -> Path:
    """Write a Wav2Vec2ForCTC; `changes` are fields of its configuration."""
    torch.manual_seed(seed)
    layer = changes.get("feat_extract_norm", "layer") == "layer"
    settings = {
        "vocab_size": len(tokens),
        "pad_token_id": len(tokens) - 1,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "conv_dim": (16,) * 7,
        "feat_extract_norm": "layer",
        "conv_bias": layer,
        "do_stable_layer_norm": layer,
        "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 4,
    }
    model = Wav2Vec2ForCTC(Wav2Vec2Config(**{**settings, **changes}))
    with torch.no_grad():
        model.lm_head.weight *= head_gain  # random weights hardly prefer any token; these do
    model.save_pretrained(folder)
    write_processor(folder, tokens, masked=layer)
    return folder


def write_processor(folder: Path, tokens: tuple[str, ...], *, masked: bool = True) -> None:
    """Write tokenizer and feature extractor as checkpoints have them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "vocab.json", {token: index for index, token in enumerate(tokens)})
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "Wav2Vec2CTCTokenizer",
            "unk_token": "[UNK]",
            "pad_token": "[PAD]",
            "word_delimiter_token": "|",
            "bos_token": None,
            "eos_token": None,
        },
    )
    write_json(
        folder / "preprocessor_config.json",
        {
            "feature_extractor_type": "Wav2Vec2FeatureExtractor",
            "feature_size": 1,
            "sampling_rate": 16000,
            "padding_value": 0.0,
            "do_normalize": True,
            "return_attention_mask": masked,
        },
    )


def write_phoneme_checkpoint(folder: Path, tokens: tuple[str, ...] = PHONEMES) -> Path:
    """Write a Wav2Vec2ForCTC with a tokenizer as fairseq's phoneme models have it: special tokens
    first, the padding before all others, and a phonemizer for texts.
    """
    write_checkpoint(folder, tokens, pad_token_id=tokens.index("<pad>"))
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "Wav2Vec2PhonemeCTCTokenizer",
            "unk_token": "<unk>",
            "pad_token": "<pad>",
            "bos_token": "<s>",
            "eos_token": "</s>",
            "phone_delimiter_token": " ",
            "word_delimiter_token": "|" if "|" in tokens else None,
            "do_phonemize": True,
            "phonemizer_lang": "en-us",
            "phonemizer_backend": "espeak",
        },
    )
    return folder


def write_json(path: Path, document: object) -> None:
    """Write JSON as checkpoints do."""
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
