"""Word edges: from the first spike to where the sound falls quiet, or the next word begins."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.edges import FINAL_SOUND_SEC, LAST_SOUND_SEC, EdgeRule, word_edges
from service.levels import Levels
from service.spans import FrameClock, TokenSpan

STRIDE, RATE = 320, 16_000  # frames of 20 ms: two hops each
LOUD, FAINT = -10.0, -60.0  # dB


def sound(*parts: tuple[float, float], seed: int = 0) -> Levels:
    """(seconds, dB) after one another, each hop a little off."""
    steady = np.concatenate([np.full(round(100 * seconds), level) for seconds, level in parts])
    shaken = steady + np.random.default_rng(seed).normal(0, 1.0, len(steady))
    return shaken.astype(np.float32)


def word(*frames: int) -> list[TokenSpan]:
    """A token on each of the frames."""
    return [TokenSpan(7, frame, frame + 1, 0.9) for frame in frames]


def edges(levels: Levels, *frames: int, next_start: int | None, adjoining: bool = True) -> object:
    clock = FrameClock(STRIDE, RATE, len(levels) / 100)
    return word_edges(word(*frames), next_start, clock, levels, adjoining=adjoining)


def test_a_word_ends_where_its_sound_falls_quiet() -> None:
    """Long after its last spike, at the hop at which the pause begins."""
    levels = sound((0.5, FAINT), (0.47, LOUD), (0.5, FAINT), (0.5, LOUD))
    assert edges(levels, 25, 35, next_start=73) == (0.5, 0.97)


def test_words_that_follow_one_another_meet() -> None:
    """Where nothing is quiet, a word ends at the next one's first spike, as far as a word's last
    sound may last.
    """
    levels = sound((0.5, FAINT), (3.0, LOUD), (0.5, FAINT))
    assert edges(levels, 25, 35, next_start=50) == (0.5, 1.0)
    farthest = 36 + round(50 * LAST_SOUND_SEC)
    assert edges(levels, 25, 35, next_start=farthest) == (0.5, farthest * 0.02)
    assert edges(levels, 25, 35, next_start=farthest + 1) == (0.5, 0.72 + FINAL_SOUND_SEC)


def test_a_word_does_not_run_into_what_was_not_told() -> None:
    """With something else before the next word, or no next word, a final sound is all it has."""
    levels = sound((0.5, FAINT), (3.0, LOUD), (0.5, FAINT))
    assert edges(levels, 25, 35, next_start=50, adjoining=False) == (0.5, 0.72 + FINAL_SOUND_SEC)
    assert edges(levels, 25, 35, next_start=None) == (0.5, 0.72 + FINAL_SOUND_SEC)
    assert edges(levels, 25, 35, next_start=39, adjoining=False) == (0.5, 0.78)


def test_a_stops_closure_ends_no_word() -> None:
    """Quiet that is shorter than a pause is the word's, and so is the burst after it."""
    levels = sound((0.5, FAINT), (0.3, LOUD), (0.09, FAINT), (0.04, -25.0), (0.5, FAINT))
    assert edges(levels, 25, 35, next_start=70) == (0.5, 0.93)


def test_a_short_pause_counts_where_the_next_word_begins() -> None:
    """From 60 ms on: a closure of the next word's own comes after its spike."""
    for pause, end in ((0.06, 1.0), (0.04, 1.04)):
        levels = sound((0.5, FAINT), (0.5, LOUD), (pause, FAINT), (0.5, LOUD))
        assert edges(levels, 25, 35, next_start=round((1.0 + pause) * 50)) == (0.5, end)


def test_a_faint_final_sound_is_no_pause() -> None:
    """Quiet is told against the sound of the last letter, not of the word's loudest."""
    levels = sound((0.5, FAINT), (0.2, LOUD), (0.3, -32.0), (0.5, FAINT), (0.5, LOUD))
    assert edges(levels, 25, 36, next_start=75) == (0.5, 1.0)


def test_an_echo_is_quiet() -> None:
    """What lies far enough below the last sound is no sound of the word's, however quiet the rest
    of the recording is.
    """
    levels = sound((0.5, -100.0), (0.5, LOUD), (0.2, -42.0), (0.5, -100.0), (0.5, LOUD))
    assert edges(levels, 25, 35, next_start=85) == (0.5, 1.0)


def test_noise_hides_no_pause_that_stands_out_of_it() -> None:
    """Speech 12 dB above steady noise ends where the noise is left alone."""
    levels = sound((0.5, -22.0), (0.5, LOUD), (0.5, -22.0), (0.5, LOUD))
    assert edges(levels, 25, 35, next_start=75) == (0.5, 1.0)


def test_the_background_is_that_of_the_place() -> None:
    """A quiet room an hour before says nothing of the noise that a word stands in."""
    levels = sound((60.0, -90.0), (20.0, -22.0), (0.5, LOUD), (0.5, -22.0), (20.0, -22.0))
    assert edges(levels, 4000, 4010, next_start=4050) == (80.0, 80.5)


@pytest.mark.parametrize("level", [-100.0, -30.0, 0.0])
def test_a_level_that_never_changes_tells_nothing(level: float) -> None:
    """Music, hum, clipped noise or digital silence: the rules for no quiet hold."""
    levels = np.full(400, level, dtype=np.float32)
    assert edges(levels, 25, 35, next_start=50) == (0.5, 1.0)
    assert edges(levels, 25, 35, next_start=None) == (0.5, 0.72 + FINAL_SOUND_SEC)


def test_gain_changes_nothing() -> None:
    """Louder or softer by any amount, the edges are the same."""
    levels = sound((0.5, FAINT), (0.47, LOUD), (0.5, FAINT), (0.5, LOUD))
    softer = (levels - 30).astype(np.float32)
    assert edges(softer, 25, 35, next_start=73) == edges(levels, 25, 35, next_start=73)


def test_the_last_word_ends_with_the_audio_at_most() -> None:
    """Where its sound goes on to the last sample, and where its last frame reaches beyond it."""
    levels = sound((0.5, FAINT), (0.3, LOUD))
    assert edges(levels, 25, 38, next_start=None) == (0.5, 0.8)
    clock = FrameClock(STRIDE, RATE, 0.79)
    assert word_edges(word(25, 39), None, clock, levels) == (0.5, 0.79)
    assert word_edges(word(45), None, clock, levels) == (0.79, 0.79)


def test_levels_may_end_early() -> None:
    """A hop or all of them short, as after resampling: no error, and the same bounds."""
    for hops in (0, 1, 60, 80):
        levels = np.full(hops, LOUD, dtype=np.float32)
        clock = FrameClock(STRIDE, RATE, 0.81)
        start, end = word_edges(word(25, 38), None, clock, levels)
        assert (start, end) == (0.5, 0.81)


def test_a_rule_may_be_another_one() -> None:
    """What is fitted can be tried: a longer pause than this one is wanted."""
    levels = sound((0.5, FAINT), (0.3, LOUD), (0.2, FAINT), (0.3, LOUD), (0.5, FAINT))
    clock = FrameClock(STRIDE, RATE, len(levels) / 100)
    rule = EdgeRule(pause_sec=0.3)
    assert word_edges(word(25, 35), None, clock, levels) == (0.5, 0.8)
    assert word_edges(word(25, 35), None, clock, levels, rule=rule) == (0.5, 1.3)


@given(data=st.data())
def test_words_are_ordered_disjoint_and_inside_the_audio(data: st.DataObject) -> None:
    """Whatever the levels, strides and spikes are; a word lasts at least as long as its spans."""
    stride = data.draw(st.sampled_from([160, 320, 640]))
    frames = sorted(data.draw(st.sets(st.integers(0, 120), min_size=2, max_size=12)))
    seconds = data.draw(st.floats(0.01, 130 * stride / RATE))
    hops = data.draw(st.integers(0, round(100 * seconds) + 2))
    seed = data.draw(st.integers(0, 999))
    levels = np.random.default_rng(seed).choice([-100.0, -60.0, -20.0, 0.0], size=hops, p=None)
    levels = np.repeat(levels, 10)[:hops].astype(np.float32)
    clock = FrameClock(stride, RATE, seconds)
    words = [word(*frames[index : index + 2]) for index in range(0, len(frames), 2)]
    nexts = [*(spans[0].start for spans in words[1:]), None]
    times = [
        word_edges(spans, after, clock, levels, adjoining=data.draw(st.booleans()))
        for spans, after in zip(words, nexts, strict=True)
    ]
    for spans, (start, end) in zip(words, times, strict=True):
        assert start == clock.seconds(spans[0].start)
        assert clock.seconds(spans[-1].end) <= end <= round(seconds, 3)
    for (_, end), (start, _) in itertools.pairwise(times):
        assert end <= start
