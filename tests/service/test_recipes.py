from dataclasses import replace
from typing import Any

import pytest
from recipes import CONFORMER

from service.recipes import LogMelRecipe, log_guard_value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sample_rate", 0),
        ("n_window_size", 0),
        ("n_window_stride", 0),
        ("window", "none"),
        ("n_fft", 398),
        ("n_fft", 513),
        ("features", 0),
        ("lowfreq", -1.0),
        ("lowfreq", 8000.0),
        ("highfreq", 8001.0),
        ("highfreq", 0.0),
        ("mel_norm", 2),
        ("mag_power", 0.0),
        ("log_zero_guard_type", "floor"),
        ("log_zero_guard_value", 0.0),
        ("normalize", "fixed_mean"),
        ("edges", "circular"),
    ],
)
def test_an_unsupported_setting_is_named(field: str, value: object) -> None:
    """The error says which field, what was expected and what came."""
    changes: dict[str, Any] = {field: value}
    with pytest.raises(ValueError, match=rf"^{field}: expected .*, got {value!r}$"):
        replace(CONFORMER, **changes)


@pytest.mark.parametrize("recipe", [CONFORMER, replace(CONFORMER, edges="reflect", n_fft=1024)])
def test_the_shortest_audio_makes_a_frame_and_less_makes_none(recipe: LogMelRecipe) -> None:
    """`min_samples` is where frames begin."""
    assert recipe.frame_count(recipe.min_samples) >= 1
    assert recipe.frame_count(recipe.min_samples - 1) == 0


@pytest.mark.parametrize(
    ("samples", "zeros", "reflect"),
    [
        (0, 0, 0),
        (159, 0, 0),
        (160, 1, 0),
        (257, 1, 2),
        (319, 1, 2),
        (320, 2, 3),
        (16_000, 100, 101),
    ],
)
def test_frames_are_those_of_the_dialect(samples: int, zeros: int, reflect: int) -> None:
    """One a whole stride, and one more where NeMo <= 2.4.1 counted its last column."""
    assert CONFORMER.frame_count(samples) == zeros
    assert replace(CONFORMER, edges="reflect").frame_count(samples) == reflect


def test_the_upper_edge_is_half_the_sample_rate_where_none_is_given() -> None:
    """As NeMo reads highfreq: null."""
    assert CONFORMER.upper_edge == 8000.0
    assert replace(CONFORMER, highfreq=7600.0).upper_edge == 7600.0


def test_a_log_guard_is_a_number_or_one_of_nemos_names() -> None:
    """Names stand for float32's constants; another name is an error that shows it."""
    assert log_guard_value(1e-5) == 1e-5
    assert log_guard_value("tiny") == pytest.approx(1.1754944e-38)
    assert log_guard_value("eps") == pytest.approx(1.1920929e-07)
    with pytest.raises(ValueError, match=r"log_zero_guard_value: expected .*, got 'small'"):
        log_guard_value("small")
