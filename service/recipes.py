"""How a model's input is made of a waveform: a checkpoint's settings, checked, and what follows."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Window = Literal["hann", "hamming", "blackman", "bartlett"]
Normalization = Literal["per_feature", "all_features"]
LogGuard = Literal["add", "clamp"]
Edges = Literal["zeros", "reflect"]

# The two names that NeMo takes for a guard, of float32.
NAMED_GUARDS: Final = {"tiny": 2.0**-126, "eps": 2.0**-23}


@dataclass(frozen=True)
class WaveformRecipe:
    """The samples as they are, or at zero mean and unit variance (wav2vec2)."""

    normalize: bool


@dataclass(frozen=True)
class LogMelRecipe:
    """The settings of NeMo's FilterbankFeatures that matter for inference, under NeMo's names.

    `edges` is the one thing that no checkpoint says: up to NeMo 2.4.1 the sound was continued by
    reflection at both ends and made L // stride + 1 frames; since 2.5 it stands between zeros and
    makes L // stride. Raises ValueError, naming the field, for what NeMo or the runtime cannot do.
    """

    sample_rate: int  # Hz
    n_window_size: int  # samples
    n_window_stride: int  # samples
    window: Window  # symmetric, not periodic
    n_fft: int  # samples; even, the window stands in its middle
    features: int  # mel bins
    lowfreq: float  # Hz
    highfreq: float | None  # Hz; None: half the sample rate
    mel_norm: Literal["slaney"] | None  # each filter of unit area, or of unit height
    preemph: float | None  # y[t] = x[t] - preemph * x[t - 1]
    mag_power: float  # 2: power, 1: magnitude
    log_zero_guard_type: LogGuard  # log(x + value), or log(max(x, value))
    log_zero_guard_value: float
    normalize: Normalization | None  # mean and deviation of each bin, of all bins at once, or none
    edges: Edges

    def __post_init__(self) -> None:
        for name in ("sample_rate", "n_window_size", "n_window_stride", "features"):
            self._check(name, getattr(self, name) >= 1, "a number >= 1")
        whole = self.n_fft >= self.n_window_size and self.n_fft % 2 == 0
        self._check("n_fft", whole, f"an even number >= n_window_size, {self.n_window_size}")
        self._check("window", self.window in get_args(Window), " | ".join(get_args(Window)))
        nyquist = self.sample_rate / 2
        self._check("highfreq", 0 < self.upper_edge <= nyquist, f"None or 0 < Hz <= {nyquist}")
        self._check("lowfreq", 0 <= self.lowfreq < self.upper_edge, f"0 <= Hz < {self.upper_edge}")
        self._check("mel_norm", self.mel_norm in ("slaney", None), "slaney | None")
        self._check("mag_power", self.mag_power > 0, "a number > 0")
        guards = get_args(LogGuard)
        self._check("log_zero_guard_type", self.log_zero_guard_type in guards, " | ".join(guards))
        self._check("log_zero_guard_value", self.log_zero_guard_value > 0, "a number > 0")
        normal = (*get_args(Normalization), None)
        self._check("normalize", self.normalize in normal, " | ".join(map(str, normal)))
        self._check("edges", self.edges in get_args(Edges), " | ".join(get_args(Edges)))

    @property
    def upper_edge(self) -> float:
        """Hz at which the highest filter ends."""
        return self.sample_rate / 2 if self.highfreq is None else self.highfreq

    @property
    def min_samples(self) -> int:
        """The fewest samples that make a frame.

        With zeros at the edges, one stride; a reflection needs one sample more than it is long.
        """
        return self.n_window_stride if self.edges == "zeros" else self.n_fft // 2 + 1

    def frame_count(self, samples: int) -> int:
        """Frames made of `samples` samples; 0 below `min_samples`."""
        if samples < self.min_samples:
            return 0
        return samples // self.n_window_stride + (self.edges == "reflect")

    def _check(self, field: str, holds: bool, expected: str) -> None:  # noqa: FBT001  # internal
        if not holds:
            raise ValueError(f"{field}: expected {expected}, got {getattr(self, field)!r}")


def log_guard_value(setting: float | str) -> float:
    """NeMo's `log_zero_guard_value` as a number: one already, "tiny" or "eps" of float32.

    Raises ValueError for any other text.
    """
    if not isinstance(setting, str):
        return float(setting)
    if setting not in NAMED_GUARDS:
        expected = f"a number or {' | '.join(NAMED_GUARDS)}"
        raise ValueError(f"log_zero_guard_value: expected {expected}, got {setting!r}")
    return NAMED_GUARDS[setting]
