"""NeMo's medium conformer with random weights, which cost what real ones cost, as int8 ONNX."""

import logging
import warnings
from pathlib import Path
from typing import Any, Final

import torch
from omegaconf import OmegaConf

from export.quantize import quantize

with warnings.catch_warnings():  # what NeMo's imports call deprecated is not ours to mend
    warnings.simplefilter("ignore")
    from nemo.collections.asr.models import EncDecCTCModel
    from nemo.collections.asr.modules import AudioToMelSpectrogramPreprocessor
    from nemo.utils import logging as nemo_logging

FEATURES: Final = 80  # mel bins
TOKENS: Final = 128  # and the blank

# The shape of stt_hi_conformer_ctc_medium: 30.5 M parameters.
CONFIG: Final[dict[str, Any]] = {
    "sample_rate": 16_000,
    "preprocessor": {
        "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
        "sample_rate": 16_000,
        "window_size": 0.025,
        "window_stride": 0.01,
        "n_fft": 512,
        "features": FEATURES,
    },
    "encoder": {
        "_target_": "nemo.collections.asr.modules.ConformerEncoder",
        "feat_in": FEATURES,
        "feat_out": -1,
        "n_layers": 18,
        "d_model": 256,
        "n_heads": 4,
        "ff_expansion_factor": 4,
        "conv_kernel_size": 31,
        "subsampling": "striding",
        "subsampling_factor": 4,
        "subsampling_conv_channels": 256,
        "self_attention_model": "rel_pos",
        "pos_emb_max_len": 5_000,
    },
    "decoder": {
        "_target_": "nemo.collections.asr.modules.ConvASRDecoder",
        "feat_in": 256,
        "num_classes": TOKENS,
        "vocabulary": [f"token{index}" for index in range(TOKENS)],
    },
}


def medium_preprocessor() -> torch.nn.Module:
    """NeMo's own features of that model, as in evaluation."""
    settings = {key: value for key, value in CONFIG["preprocessor"].items() if key != "_target_"}
    return AudioToMelSpectrogramPreprocessor(**settings).eval()


def medium_conformer(folder: Path) -> Path:
    """Export it into `folder`, and quantise it by the policy. Returns the int8 graph.

    Inputs: audio_signal float32 [1, 80, T], length int64 [1]; output logprobs float32 [1, T', 129].
    """
    nemo_logging.setLevel(logging.ERROR)
    fp32, int8 = folder / "model.onnx", folder / "model.int8.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        EncDecCTCModel(cfg=OmegaConf.create(CONFIG)).eval().export(str(fp32))
    quantize(fp32, int8)
    return int8
