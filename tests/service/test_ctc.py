"""Log-softmax and greedy decoding against planted answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from service.ctc import ABSORBED, certainty, greedy_decode, log_softmax, merge_tokens, path_score


def planted(path: list[int], width: int = 4) -> NDArray[np.float32]:
    """Log-probabilities in which `path` has probability 0.9 a frame."""
    probabilities = np.full((len(path), width), 0.1 / (width - 1), dtype=np.float32)
    probabilities[np.arange(len(path)), path] = 0.9
    return np.log(probabilities)


def test_log_softmax_is_normalised_and_survives_large_scores() -> None:
    """Probabilities sum to one, even where exp alone would overflow."""
    logits = np.array([[1e4, 0.0, -1e4], [0.0, 0.0, 0.0]], dtype=np.float32)
    log_probs = log_softmax(logits)
    assert log_probs.dtype == np.float32
    np.testing.assert_allclose(np.exp(log_probs).sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(log_probs[1], -np.log(3), rtol=1e-6)


@pytest.mark.parametrize(
    ("path", "blank_id", "expected"),
    [
        ([0, 1, 1, 0, 2], 0, [(1, 1, 3), (2, 4, 5)]),
        ([1, 0, 1], 0, [(1, 0, 1), (1, 2, 3)]),  # a blank keeps equal letters apart
        ([1, 1, 1], 0, [(1, 0, 3)]),
        ([3, 3, 1, 2, 3], 3, [(1, 2, 3), (2, 3, 4)]),  # the blank is last
        ([0, 2, 1], 2, [(0, 0, 1), (1, 2, 3)]),  # the blank is in between
        ([0, 0], 0, []),
    ],
)
def test_greedy_decoding_collapses_the_best_path(
    path: list[int], blank_id: int, expected: list[tuple[int, int, int]]
) -> None:
    """Repeats merge, blanks go, and each token keeps its frames."""
    spans = greedy_decode(planted(path), blank_id)
    assert [(span.token, span.start, span.end) for span in spans] == expected
    assert all(span.score == pytest.approx(0.9, abs=1e-5) for span in spans)


def test_no_frames_are_no_tokens() -> None:
    """An empty matrix decodes to nothing."""
    assert greedy_decode(np.zeros((0, 4), dtype=np.float32), 0) == []


def test_a_score_is_the_geometric_mean_of_its_frames() -> None:
    """exp(mean log p), the formula of the API documentation."""
    scores = np.log(np.array([0.5, 0.125], dtype=np.float32))
    assert path_score(scores) == pytest.approx(0.25)
    (span,) = merge_tokens(np.array([1, 1]), scores, blank_id=0)
    assert span.score == pytest.approx(0.25)


@given(st.lists(st.integers(ABSORBED, 4), min_size=1, max_size=40), st.integers(0, 4))
def test_merging_is_what_the_definition_says(path: list[int], blank_id: int) -> None:
    """Spans cover just the frames that hold a token, each with its own."""
    tokens = np.array(path)
    spans = merge_tokens(tokens, np.zeros(len(path), dtype=np.float32), blank_id)
    rebuilt = np.where(tokens == ABSORBED, ABSORBED, blank_id)
    for span in spans:
        assert span.token not in (ABSORBED, blank_id)
        rebuilt[span.start : span.end] = span.token
    assert rebuilt.tolist() == path


def test_certainty_is_that_of_the_frames_that_are_heard() -> None:
    """The geometric mean of the best token's probability, blanks left out."""
    probabilities = np.array(
        [[0.98, 0.01, 0.01], [0.3, 0.5, 0.2], [0.05, 0.05, 0.9], [0.98, 0.01, 0.01]],
        dtype=np.float32,
    )
    assert certainty(np.log(probabilities), blank_id=0) == pytest.approx((0.5 * 0.9) ** 0.5)


@pytest.mark.parametrize("frames", [0, 3])
def test_nothing_heard_is_no_certainty(frames: int) -> None:
    """Blanks alone, or no frames, are 0, however sure the model is of its blanks."""
    assert certainty(planted([2] * frames), blank_id=2) == 0.0


@given(st.lists(st.integers(0, 4), min_size=1, max_size=20), st.permutations(range(5)))
def test_certainty_does_not_depend_on_the_tokens_ids(path: list[int], order: list[int]) -> None:
    """Renaming the tokens, the blank among them, changes nothing."""
    log_probs = planted(path, width=5)
    renamed = log_probs[:, np.argsort(order)]
    assert certainty(renamed, order[0]) == pytest.approx(certainty(log_probs, 0))
