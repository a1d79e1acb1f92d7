"""A checkpoint's preprocessor as the runtime's recipe; what the runtime cannot do stops the export.

Which of the two dialects a model was trained in follows from the NeMo that made it: 2.5 changed how
sound is continued at its ends, and how many frames that makes.
"""

import inspect
import logging
import math
from collections.abc import Mapping
from typing import Any, Final, cast

import numpy as np
import torch
from nemo.collections.asr.modules import AudioToMelSpectrogramPreprocessor
from nemo.collections.asr.parts.preprocessing.features import FilterbankFeatures
from numpy.typing import NDArray
from packaging.version import InvalidVersion, Version
from torch import Tensor

from export.errors import UnsupportedCheckpoint
from service.features import WINDOWS, mel_filters
from service.recipes import Edges, LogMelRecipe, log_guard_value

logger = logging.getLogger(__name__)

PREPROCESSOR: Final = "AudioToMelSpectrogramPreprocessor"
FIRST_WITH_ZEROS: Final = Version("2.5.0.dev0")  # 2.4.1 and all before it reflect
# What makes other features than the recipe describes, with the one value that does not.
FIXED: Final[Mapping[str, object]] = {
    "log": True,
    "frame_splicing": 1,
    "exact_pad": False,
    "stft_exact_pad": False,
    "pad_value": 0,
    "use_torchaudio": False,
}
# What is read, and as what. Dither is off in evaluation, and what `pad_to` and `max_duration` add
# lies behind the valid frames: neither reaches the model here.
KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "sample_rate": (int,),
    "window_size": (float, int, type(None)),
    "window_stride": (float, int, type(None)),
    "n_window_size": (int, type(None)),
    "n_window_stride": (int, type(None)),
    "window": (str,),
    "n_fft": (int, type(None)),
    "features": (int,),
    "lowfreq": (float, int),
    "highfreq": (float, int, type(None)),
    "mel_norm": (str, type(None)),
    "preemph": (float, int, type(None)),
    "mag_power": (float, int),
    "log_zero_guard_type": (str,),
    "log_zero_guard_value": (float, int, str),
    "normalize": (str, type(None)),
}
TABLE_ERROR: Final = 1e-6  # of the window and the mel filters that the checkpoint carries


def edges_of(nemo_version: str | None, asked: Edges | None) -> Edges:
    """The dialect: as asked for, or else that of the NeMo version.

    Raises UnsupportedCheckpoint where neither is known.
    """
    known = None if nemo_version is None else _edges_by_version(nemo_version)
    if asked is None and known is None:
        got = f"NeMo version {nemo_version}" if nemo_version else "a checkpoint that names none"
        expected = "a known NeMo version, or --mel-dialect zeros | reflect"
        raise UnsupportedCheckpoint("mel dialect", expected=expected, got=got)
    if asked is not None and known not in (None, asked):
        logger.warning(
            "--mel-dialect %s is taken, although the checkpoint was made with NeMo %s (%s)",
            *(asked, nemo_version, known),
        )
    return cast("Edges", asked or known)


def read_recipe(config: Mapping[str, Any], edges: Edges) -> LogMelRecipe:
    """The recipe of a checkpoint's `preprocessor` section, with NeMo's defaults for what it leaves
    out. Raises UnsupportedCheckpoint, naming the setting.
    """
    given = dict(config)
    target = str(given.pop("_target_", given.pop("cls", PREPROCESSOR)))
    if target.rpartition(".")[2] != PREPROCESSOR:
        raise UnsupportedCheckpoint("preprocessor", expected=PREPROCESSOR, got=target)
    settings = {**_defaults(), **given}
    for name, expected in FIXED.items():
        if settings[name] != expected:
            got = repr(settings[name])
            raise UnsupportedCheckpoint(f"preprocessor.{name}", expected=repr(expected), got=got)
    for name, kinds in KINDS.items():
        value = settings[name]
        if type(value) not in kinds:
            expected = " | ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
            raise UnsupportedCheckpoint(f"preprocessor.{name}", expected=expected, got=repr(value))
    try:
        return _recipe(settings, edges)
    except ValueError as error:  # "field: expected ..., got ..."
        field, _, fault = str(error).partition(": ")
        expected = "a setting that the runtime can follow"
        subject = f"preprocessor.{field}"
        raise UnsupportedCheckpoint(subject, expected=expected, got=fault) from error


def check_tables(featurizer: FilterbankFeatures, recipe: LogMelRecipe) -> None:
    """Hold the runtime's window and mel filters against those that the checkpoint carries.

    Raises UnsupportedCheckpoint.
    """
    tables: dict[str, tuple[NDArray[Any], Tensor]] = {
        "window": (WINDOWS[recipe.window](recipe.n_window_size), featurizer.window),
        "filterbank": (mel_filters(recipe), featurizer.fb[0]),
    }
    for name, (ours, theirs) in tables.items():
        same_shape = ours.shape == tuple(theirs.shape)
        error = float(np.abs(ours - theirs.numpy()).max()) if same_shape else math.inf
        if error > TABLE_ERROR:
            expected, got = "the table that its settings make", f"another one, by {error:.1e}"
            raise UnsupportedCheckpoint(f"preprocessor {name}", expected=expected, got=got)


def reflect_edges(featurizer: FilterbankFeatures) -> None:
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


def _edges_by_version(version: str) -> Edges | None:
    try:
        return "zeros" if Version(version) >= FIRST_WITH_ZEROS else "reflect"
    except InvalidVersion:
        return None


def _defaults() -> dict[str, Any]:
    parameters = inspect.signature(AudioToMelSpectrogramPreprocessor.__init__).parameters
    return {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }


def _recipe(settings: Mapping[str, Any], edges: Edges) -> LogMelRecipe:
    rate = settings["sample_rate"]
    window_size = settings["n_window_size"] or int((settings["window_size"] or 0) * rate)
    stride = settings["n_window_stride"] or int((settings["window_stride"] or 0) * rate)
    return LogMelRecipe(
        sample_rate=rate,
        n_window_size=window_size,
        n_window_stride=stride,
        window=settings["window"],
        n_fft=settings["n_fft"] or 2 ** math.ceil(math.log2(max(1, window_size))),
        features=settings["features"],
        lowfreq=float(settings["lowfreq"]),
        highfreq=float(settings["highfreq"]) if settings["highfreq"] else None,
        mel_norm=settings["mel_norm"],
        preemph=settings["preemph"],
        mag_power=float(settings["mag_power"]),
        log_zero_guard_type=settings["log_zero_guard_type"],
        log_zero_guard_value=log_guard_value(settings["log_zero_guard_value"]),
        normalize=settings["normalize"] or None,
        edges=edges,
    )
