"""NeMo's own preprocessor in both dialects: the oracle of the runtime's log-mel."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from export.nemo.recipe import AudioToMelSpectrogramPreprocessor, reflect_edges
from service.recipes import LogMelRecipe


def nemo_log_mel(
    recipe: LogMelRecipe,
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """The preprocessor of the recipe: float32 [N] to float32 [features, valid frames]."""
    preprocessor = AudioToMelSpectrogramPreprocessor(
        sample_rate=recipe.sample_rate,
        window_size=None,
        window_stride=None,
        n_window_size=recipe.n_window_size,
        n_window_stride=recipe.n_window_stride,
        window=recipe.window,
        normalize=recipe.normalize,
        n_fft=recipe.n_fft,
        preemph=recipe.preemph,
        features=recipe.features,
        lowfreq=recipe.lowfreq,
        highfreq=recipe.highfreq,
        log_zero_guard_type=recipe.log_zero_guard_type,
        log_zero_guard_value=recipe.log_zero_guard_value,
        mag_power=recipe.mag_power,
        mel_norm=recipe.mel_norm,
    ).eval()
    if recipe.edges == "reflect":
        reflect_edges(preprocessor.featurizer)

    def run(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        lengths = torch.tensor([len(waveform)])
        features, valid = preprocessor(
            input_signal=torch.tensor(waveform)[np.newaxis], length=lengths
        )
        kept: NDArray[np.float32] = features[0, :, : valid[0]].numpy()
        return kept

    return run
