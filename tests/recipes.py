"""Log-mel recipes to test with."""

from typing import Final

from service.recipes import LogMelRecipe

# The preprocessor of NeMo's conformer configurations, stt_hi_conformer_ctc_medium's among them.
CONFORMER: Final = LogMelRecipe(
    sample_rate=16_000,
    n_window_size=400,
    n_window_stride=160,
    window="hann",
    n_fft=512,
    features=80,
    lowfreq=0.0,
    highfreq=None,
    mel_norm="slaney",
    preemph=0.97,
    mag_power=2.0,
    log_zero_guard_type="add",
    log_zero_guard_value=2.0**-24,
    normalize="per_feature",
    edges="zeros",
)
