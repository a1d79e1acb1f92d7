"""Stretches with speech, of a detector's probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.spans import FrameClock, Skipped
from service.speech import SKIPPING, Skipping, Speech, stretches, unheard
from service.voice import CHUNK_SEC
from service.windows import Stretch

FRAME_SEC = 0.02
CHUNKS = 2000  # 64 s
FRAMES = round(CHUNKS * CHUNK_SEC / FRAME_SEC)


def found(*spoken: tuple[float, float], skipping: Skipping = SKIPPING) -> list[Stretch]:
    """Of 64 s with speech in these seconds."""
    probabilities = np.full(CHUNKS, 0.02, np.float32)
    for start, end in spoken:
        probabilities[round(start / CHUNK_SEC) : round(end / CHUNK_SEC)] = 0.9
    return list(stretches(probabilities, FRAMES, FRAME_SEC, skipping))


def frames(*seconds: float) -> list[int]:
    return [round(second / FRAME_SEC) for second in seconds]


def test_speech_is_heard_with_a_second_on_both_sides() -> None:
    """Rounded outwards to whole frames."""
    ((begin, end),) = found((16.0, 20.0))
    assert [begin, end] == pytest.approx(frames(15.0, 21.0), abs=1)


def test_short_silence_is_heard() -> None:
    """Between two words, and at both ends, as what would be left to skip is shorter than a second;
    what is longer is skipped.
    """
    assert found((1.9, 30.4), (33.28, 62.1)) == [Stretch(0, FRAMES)]
    assert len(found((1.9, 30.4), (33.5, 62.1))) == 2


def test_speech_at_the_very_edges_is_heard_to_them() -> None:
    """No frame is outside of the recording."""
    first, last = found((0.0, 0.1), (63.9, 64.0))
    assert (first.begin, last.end) == (0, FRAMES)


def test_without_speech_there_is_no_stretch() -> None:
    """And with nothing but speech there is one, of everything."""
    assert found() == []
    assert found((0.0, 64.0)) == [Stretch(0, FRAMES)]


@given(
    probabilities=st.lists(st.floats(0, 1, width=32), max_size=600),
    ends_early=st.integers(0, 3),
    threshold=st.floats(0, 1),
    least_sec=st.floats(0, 30),
)
def test_every_moment_of_speech_is_in_a_stretch_with_its_padding(
    probabilities: list[float], ends_early: int, threshold: float, least_sec: float
) -> None:
    """Stretches are in order, within the recording, and so far apart that skipping is worth it."""
    skipping = Skipping(threshold=threshold, least_sec=least_sec)
    count = max(0, int(len(probabilities) * CHUNK_SEC / FRAME_SEC) - ends_early)
    array = np.array(probabilities, np.float32)
    plan = stretches(array, count, FRAME_SEC, skipping)
    least = max(1, round(least_sec / FRAME_SEC))
    edges = [0, *(edge for stretch in plan for edge in stretch), count]
    assert edges == sorted(edges)
    gaps = [after - before for before, after in zip(edges[::2], edges[1::2], strict=True)]
    assert not plan or all(gap == 0 or gap >= least for gap in gaps)
    heard = np.zeros(count, dtype=bool)
    for begin, end in plan:
        heard[begin:end] = True
    for chunk in np.flatnonzero(array >= np.float32(threshold)):
        first = int(max(0, (chunk * CHUNK_SEC - skipping.padding_sec) / FRAME_SEC))
        last = int(((chunk + 1) * CHUNK_SEC + skipping.padding_sec) / FRAME_SEC)
        assert heard[first:last].all()


def test_what_is_skipped_is_told_in_seconds() -> None:
    """All of the recording but the stretches, up to its very end."""
    clock = FrameClock(320, 16_000, 64.005)
    speech = Speech((Stretch(0, 100), Stretch(1000, 1500)), unheard(4, 2))
    assert speech.skipped(3199, clock) == (Skipped(2.0, 20.0), Skipped(30.0, 64.005))
    assert Speech((), unheard(4, 2)).skipped(3199, clock) == (Skipped(0.0, 64.005),)
    assert Speech((Stretch(0, 3199),), unheard(4, 2)).skipped(3199, clock) == ()


def test_what_is_unheard_is_the_blank() -> None:
    """With all of the probability, and finite logarithms of the rest."""
    row = unheard(5, 1)
    assert row.dtype == np.float32
    assert np.exp(row).sum() == pytest.approx(1)
    assert row.argmax() == 1
    assert np.isfinite(row).all()
