"""Frames follow from samples as the networks make them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipes import CONFORMER

from service.framing import Convolutions, Subsampling

WAV2VEC2 = Convolutions(((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2)))
ZEROS = Subsampling(CONFORMER, 4)
REFLECT = Subsampling(replace(CONFORMER, edges="reflect"), 4)


@given(st.integers(0, 100_000))
def test_frames_follow_the_convolutions(samples: int) -> None:
    """Frame counts equal those of sliding each convolution over its input."""
    length = samples
    for kernel, stride in WAV2VEC2.convolutions:
        length = len(range(0, length - kernel + 1, stride))
    assert WAV2VEC2.frame_count(samples) == length


def test_the_receptive_field_makes_one_frame() -> None:
    """400 samples are the fewest of the wav2vec2 family, and 320 more make another frame."""
    assert (WAV2VEC2.min_samples, WAV2VEC2.stride) == (400, 320)
    assert [WAV2VEC2.frame_count(n) for n in (399, 400, 719, 720)] == [0, 1, 1, 2]


@given(st.integers(0, 100_000), st.sampled_from([ZEROS, REFLECT]))
def test_frames_follow_the_subsampling(samples: int, framing: Subsampling) -> None:
    """A column a hop, and two halvings that slide a kernel of 3 by 2 over them, padded by 1."""
    first = 0 if framing is REFLECT else 160
    frames = len(range(first, samples + 1, 160)) if samples >= framing.min_samples else 0
    for _ in range(2):
        frames = len(range(0, frames + 2 - 3 + 1, 2)) if frames else 0
    assert framing.frame_count(samples) == frames


@pytest.mark.parametrize(("framing", "fewest"), [(ZEROS, 160), (REFLECT, 257)])
def test_one_feature_frame_makes_one_frame(framing: Subsampling, fewest: int) -> None:
    """Nothing below the fewest samples; 40 ms a frame above them."""
    assert (framing.min_samples, framing.stride) == (fewest, 640)
    assert framing.frame_count(fewest - 1) == 0
    assert framing.frame_count(fewest) == 1
    assert framing.frame_count(16_000) == 25 + (framing is REFLECT)


@pytest.mark.parametrize("framing", [WAV2VEC2, ZEROS, REFLECT])
def test_more_samples_never_make_fewer_frames(
    framing: Convolutions | Subsampling,
) -> None:
    """And never more than one a stride, but for the one that has begun."""
    counts = [framing.frame_count(samples) for samples in range(5_000)]
    assert counts == sorted(counts)
    assert all(count <= samples // framing.stride + 1 for samples, count in enumerate(counts))


@given(st.integers(0, 300), st.integers(1, 300))
def test_a_convolution_needs_the_samples_that_its_frames_span(first: int, count: int) -> None:
    """As many as make those frames, and not one more frame or one fewer."""
    begin, end = WAV2VEC2.input_span(first, first + count)
    assert begin == first * 320
    assert WAV2VEC2.frame_count(end - begin) == count
    assert WAV2VEC2.frame_count(end - begin - 1) == count - 1
    assert WAV2VEC2.frame_count(end) == first + count


@given(st.integers(0, 300), st.integers(1, 300))
def test_a_subsampling_needs_the_feature_frames_of_its_frames(first: int, count: int) -> None:
    """Four each, with no gap between neighbours."""
    begin, end = ZEROS.input_span(first, first + count)
    assert ZEROS.output_length(end - begin) == count
    assert ZEROS.output_length(begin) == first
    assert ZEROS.input_span(first + count, first + count + 1)[0] == end
