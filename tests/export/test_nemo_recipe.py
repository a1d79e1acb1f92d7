"""A preprocessor's settings become the runtime's recipe, or stop the export by their name."""

import logging
from typing import Any

import pytest
import torch
from nemo.collections.asr.modules import AudioToMelSpectrogramPreprocessor
from tiny_nemo import PREPROCESSOR

from export.errors import UnsupportedCheckpoint
from export.nemo.recipe import check_tables, edges_of, read_recipe
from service.recipes import Edges


@pytest.mark.parametrize(
    ("version", "edges"),
    [
        ("1.6.0", "reflect"),
        ("1.23.0rc0", "reflect"),
        ("2.4.1", "reflect"),
        ("2.5.0rc0", "zeros"),
        ("2.5.0", "zeros"),
        ("3.0.0", "zeros"),
    ],
)
def test_the_dialect_follows_from_nemos_version(version: str, edges: str) -> None:
    """2.5 put the sound between zeros."""
    assert edges_of(version, None) == edges


@pytest.mark.parametrize("version", [None, "somebody's own"])
def test_without_a_version_the_dialect_must_be_said(version: str | None) -> None:
    """The error names the option; with it, all is well."""
    with pytest.raises(UnsupportedCheckpoint, match=r"--mel-dialect zeros \| reflect"):
        edges_of(version, None)
    assert edges_of(version, "zeros") == "zeros"


def test_the_option_outweighs_the_version(caplog: pytest.LogCaptureFixture) -> None:
    """A checkpoint may have been trained on after it was made; the contradiction is told."""
    with caplog.at_level(logging.WARNING):
        assert edges_of("2.4.1", "reflect") == "reflect"
        assert not caplog.messages
        assert edges_of("2.4.1", "zeros") == "zeros"
    (told,) = caplog.messages
    assert "2.4.1" in told


def test_settings_are_read_with_nemos_defaults() -> None:
    """What the checkpoint leaves out is what NeMo would take."""
    recipe = read_recipe({"_target_": PREPROCESSOR["_target_"]}, "reflect")
    assert (recipe.n_window_size, recipe.n_window_stride, recipe.n_fft) == (320, 160, 512)
    assert (recipe.features, recipe.preemph, recipe.mag_power) == (64, 0.97, 2.0)
    assert (recipe.log_zero_guard_type, recipe.log_zero_guard_value) == ("add", 2.0**-24)
    assert (recipe.normalize, recipe.edges, recipe.highfreq) == ("per_feature", "reflect", None)


def test_settings_are_the_checkpoints() -> None:
    """Every one that matters, under NeMo's name; seconds become samples."""
    changes: dict[str, Any] = {
        "sample_rate": 8_000,
        "window_size": 0.032,
        "window_stride": 0.016,
        "n_fft": 1024,
        "features": 40,
        "preemph": None,
        "normalize": "all_features",
        "mag_power": 1.0,
        "log_zero_guard_type": "clamp",
        "log_zero_guard_value": "eps",
        "lowfreq": 20,
        "highfreq": 3_800,
        "mel_norm": None,
        "window": "hamming",
    }
    recipe = read_recipe(PREPROCESSOR | changes, "zeros")
    assert (recipe.sample_rate, recipe.n_window_size, recipe.n_window_stride) == (8_000, 256, 128)
    assert (recipe.n_fft, recipe.features, recipe.preemph) == (1024, 40, None)
    assert (recipe.normalize, recipe.mag_power, recipe.window) == ("all_features", 1.0, "hamming")
    assert (recipe.log_zero_guard_type, recipe.log_zero_guard_value) == ("clamp", 2.0**-23)
    assert (recipe.lowfreq, recipe.highfreq, recipe.mel_norm) == (20.0, 3_800.0, None)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"log": False}, "preprocessor.log"),
        ({"frame_splicing": 3}, "preprocessor.frame_splicing"),
        ({"exact_pad": True}, "preprocessor.exact_pad"),
        ({"stft_exact_pad": True}, "preprocessor.stft_exact_pad"),
        ({"pad_value": -10}, "preprocessor.pad_value"),
        ({"use_torchaudio": True}, "preprocessor.use_torchaudio"),
        ({"window": "none"}, "preprocessor.window"),
        ({"normalize": "fixed"}, "preprocessor.normalize"),
        ({"normalize": {"fixed_mean": [0.0]}}, "preprocessor.normalize"),
        ({"log_zero_guard_type": "floor"}, "preprocessor.log_zero_guard_type"),
        ({"log_zero_guard_value": "small"}, "preprocessor.log_zero_guard_value"),
        ({"highfreq": 9_000}, "preprocessor.highfreq"),
        ({"mel_norm": "area"}, "preprocessor.mel_norm"),
        ({"n_fft": 256}, "preprocessor.n_fft"),
        ({"lowfreq": None}, "preprocessor.lowfreq"),
        ({"mag_power": None}, "preprocessor.mag_power"),
        ({"features": "80"}, "preprocessor.features"),
        ({"features": 80.5}, "preprocessor.features"),
        ({"preemph": True}, "preprocessor.preemph"),
        ({"window_size": None}, "preprocessor.n_window_size"),
        ({"sample_rate": None}, "preprocessor.sample_rate"),
        ({"_target_": "nemo.collections.asr.modules.AudioToMFCCPreprocessor"}, "preprocessor"),
    ],
)
def test_what_the_runtime_cannot_do_is_named(changes: dict[str, Any], named: str) -> None:
    """Never an export that hears other features than the model was trained with."""
    with pytest.raises(UnsupportedCheckpoint) as caught:
        read_recipe(PREPROCESSOR | changes, "zeros")
    assert str(caught.value).startswith(f"{named}: expected ")


@pytest.mark.parametrize("table", ["window", "fb"])
@pytest.mark.parametrize("edges", ["zeros", "reflect"])
def test_tables_are_held_against_the_checkpoints(table: str, edges: Edges) -> None:
    """A checkpoint carries its own window and filters; ours must be those."""
    settings = {key: value for key, value in PREPROCESSOR.items() if key != "_target_"}
    featurizer = AudioToMelSpectrogramPreprocessor(**settings).featurizer
    recipe = read_recipe(PREPROCESSOR, edges)
    check_tables(featurizer, recipe)
    with torch.no_grad():
        getattr(featurizer, table).view(-1)[37] += 1e-3
    with pytest.raises(UnsupportedCheckpoint, match="another one, by"):
        check_tables(featurizer, recipe)
