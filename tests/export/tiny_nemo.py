"""Tiny NeMo checkpoints of the real classes, with random weights."""

import copy
import tempfile
from pathlib import Path
from typing import Any, Final

import torch
from nemo.collections.asr.models import EncDecCTCModel, EncDecCTCModelBPE
from nemo.collections.common.tokenizers.sentencepiece_tokenizer import create_spt_model
from omegaconf import OmegaConf

from bench.medium import CONFIG

SENTENCES: Final = (
    "आज सुबह बारिश हुई और सड़क पर पानी भर गया",
    "मेरी बहन बाज़ार से ताज़ी सब्ज़ी और फल लाई है",
    "बच्चे मैदान में खेल रहे हैं और दादी उन्हें देख रही हैं",
    "कल शाम हम सब मिलकर नदी के किनारे घूमने जाएंगे",
)
PIECES: Final = 64
LABELS: Final = (" ", *"अआइउकगचजटडतदनपबमयरलवशसह", "ा", "ि", "ी", "े", "ो", "्", "ं")
PREPROCESSOR: Final[dict[str, Any]] = {
    "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
    "sample_rate": 16_000,
    "normalize": "per_feature",
    "window_size": 0.025,
    "window_stride": 0.01,
    "window": "hann",
    "features": 80,
    "n_fft": 512,
    "dither": 1e-5,
    "pad_to": 16,  # as published configurations have it: what it adds is never valid
}
WIDTH: Final = 32
ENCODER: Final[dict[str, Any]] = {
    "_target_": "nemo.collections.asr.modules.ConformerEncoder",
    "feat_in": 80,
    "feat_out": -1,
    "n_layers": 2,
    "d_model": WIDTH,
    "n_heads": 2,
    "ff_expansion_factor": 2,
    "conv_kernel_size": 7,
    "subsampling": "striding",
    "subsampling_factor": 4,
    "subsampling_conv_channels": 8,
    "self_attention_model": "rel_pos",
    "pos_emb_max_len": 5_000,
}


def write_nemo(
    path: Path,
    *,
    characters: bool = False,
    preprocessor: dict[str, Any] | None = None,
    encoder: dict[str, Any] | None = None,
    nemo_version: str | None = "3.0.0",
    head_gain: float = 4,
) -> Path:
    """Write a .nemo file; the dictionaries are changes of its configuration.

    nemo_version: None leaves it out, which NeMo itself never does.
    """
    torch.manual_seed(7)
    config = {
        "sample_rate": 16_000,
        "preprocessor": PREPROCESSOR | (preprocessor or {}),
        "encoder": ENCODER | (encoder or {}),
        "decoder": {
            "_target_": "nemo.collections.asr.modules.ConvASRDecoder",
            "feat_in": WIDTH,
            "num_classes": len(LABELS) if characters else -1,  # as many as the tokenizer has
            "vocabulary": list(LABELS) if characters else [],
        },
        "optim": None,
    }
    if nemo_version is not None:
        config["nemo_version"] = nemo_version
    with tempfile.TemporaryDirectory() as scratch:
        model = _model(copy.deepcopy(config), Path(scratch), characters=characters)
        with torch.no_grad():
            # Random weights hardly prefer any token; these do.
            model.decoder.decoder_layers[0].weight *= head_gain
        if nemo_version is None:
            OmegaConf.set_struct(model.cfg, value=False)
            del model.cfg["nemo_version"]
        path.parent.mkdir(parents=True, exist_ok=True)
        model.save_to(str(path))
    return path


def _model(config: dict[str, Any], scratch: Path, *, characters: bool) -> EncDecCTCModel:
    if characters:
        config["labels"] = list(LABELS)
        return EncDecCTCModel(cfg=OmegaConf.create(config))
    text = scratch / "text.txt"
    text.write_text("\n".join(SENTENCES), encoding="utf-8")
    create_spt_model(
        str(text), PIECES, -1, do_lower_case=False, output_dir=str(scratch / "tokenizer")
    )
    config["tokenizer"] = {"dir": str(scratch / "tokenizer"), "type": "bpe"}
    return EncDecCTCModelBPE(cfg=OmegaConf.create(config))


def write_medium(path: Path) -> Path:
    """Write a conformer of stt_hi_conformer_ctc_medium's shape, of 128 characters."""
    torch.manual_seed(7)
    config = copy.deepcopy(CONFIG)
    labels = [
        " ",
        *(chr(ord("\u0904") + index) for index in range(config["decoder"]["num_classes"] - 1)),
    ]
    config["decoder"]["vocabulary"] = config["labels"] = labels
    EncDecCTCModel(cfg=OmegaConf.create(config)).save_to(str(path))
    return path
