"""NeMo's own preprocessor in both dialects: the oracle of the runtime's log-mel."""

import warnings
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from service.recipes import LogMelRecipe

with warnings.catch_warnings():  # what NeMo's imports call deprecated is not ours to mend
    warnings.simplefilter("ignore")
    from nemo.collections.asr.modules import AudioToMelSpectrogramPreprocessor


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
        as_before_2_5(preprocessor.featurizer)

    def run(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        lengths = torch.tensor([len(waveform)])
        features, valid = preprocessor(
            input_signal=torch.tensor(waveform)[np.newaxis], length=lengths
        )
        kept: NDArray[np.float32] = features[0, :, : valid[0]].numpy()
        return kept

    return run


def as_before_2_5(featurizer: torch.nn.Module) -> None:
    """Give NeMo's FilterbankFeatures the two methods of 2.4.1 that 2.5 changed.

    There torch.stft was called without `pad_mode`, whose default is "reflect", and get_seq_len
    ended in `floor_divide(seq_len + pad_amount - n_fft, hop_length) + 1`. (2.5 also sets to zero
    what pre-emphasis makes of a batch's padding, which one waveform alone has not.)
    """

    def stft(x: torch.Tensor) -> torch.Tensor:
        return torch.stft(
            x,
            n_fft=featurizer.n_fft,
            hop_length=featurizer.hop_length,
            win_length=featurizer.win_length,
            center=True,
            window=featurizer.window,
            return_complex=True,
        )

    counted_without_the_last = featurizer.get_seq_len
    featurizer.stft = stft
    featurizer.get_seq_len = lambda samples: counted_without_the_last(samples) + 1
