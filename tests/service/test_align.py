"""The Viterbi aligner against brute force, and properties that hold for any input."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from service.align import forced_align, frames_needed
from service.ctc import log_softmax, merge_tokens
from service.errors import TranscriptTooLong


def collapse(path: tuple[int, ...], blank_id: int) -> list[int]:
    merged = [token for token, _ in itertools.groupby(path)]
    return [token for token in merged if token != blank_id]


def random_log_probs(
    seed: int, frames: int, width: int, spread: float = 3.0
) -> NDArray[np.float32]:
    logits = np.random.default_rng(seed).normal(0, spread, (frames, width))
    return log_softmax(logits.astype(np.float32))


def best_by_enumeration(log_probs: NDArray[np.float32], targets: list[int], blank_id: int) -> float:
    """The score of the best of all V^T paths that collapse to the targets; -inf if none does."""
    frames, width = log_probs.shape
    scores = [
        sum(float(log_probs[t, token]) for t, token in enumerate(path))
        for path in itertools.product(range(width), repeat=frames)
        if collapse(path, blank_id) == targets
    ]
    return max(scores, default=-np.inf)


@st.composite
def small_problems(
    draw: st.DrawFn,
) -> tuple[NDArray[np.float32], list[int], int]:
    """T <= 7, V <= 4, L <= 3, the blank anywhere; feasible or not."""
    width = draw(st.integers(2, 4))
    frames = draw(st.integers(1, 7 if width < 4 else 6))
    blank_id = draw(st.integers(0, width - 1))
    letters = [token for token in range(width) if token != blank_id]
    targets = draw(st.lists(st.sampled_from(letters), min_size=1, max_size=3))
    return random_log_probs(draw(st.integers(0, 2**32 - 1)), frames, width), targets, blank_id


@given(small_problems())
@settings(max_examples=150)
def test_the_path_is_the_best_of_all_paths(
    problem: tuple[NDArray[np.float32], list[int], int],
) -> None:
    """The aligner's score equals the best by enumeration, or it says that nothing fits."""
    log_probs, targets, blank_id = problem
    best = best_by_enumeration(log_probs, targets, blank_id)
    if best == -np.inf:
        with pytest.raises(TranscriptTooLong):
            forced_align(log_probs, np.array(targets), blank_id)
        return
    tokens, scores = forced_align(log_probs, np.array(targets), blank_id)
    assert collapse(tuple(tokens.tolist()), blank_id) == targets
    assert float(scores.sum(dtype=np.float64)) == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize("blank_id", [0, 1, 2])
def test_repeats_need_a_blank_between_them(blank_id: int) -> None:
    """T = L + repeats is just enough, and one frame less is refused with both figures."""
    letter = 0 if blank_id else 1
    targets = np.array([letter, letter])
    tokens, _ = forced_align(random_log_probs(1, 3, 3), targets, blank_id)
    assert tokens.tolist() == [letter, blank_id, letter]
    with pytest.raises(TranscriptTooLong) as caught:
        forced_align(random_log_probs(1, 2, 3), targets, blank_id)
    assert caught.value.facts == {"frames_needed": 3, "frames": 2, "tokens": 2}


@pytest.mark.parametrize("targets", [[], [0], [3], [-1]])
def test_targets_outside_the_letters_are_refused(targets: list[int]) -> None:
    """No targets, the blank, and ids beyond the vocabulary are a caller's error."""
    with pytest.raises(ValueError, match="expected"):
        forced_align(random_log_probs(1, 5, 3), np.array(targets, dtype=np.int64), blank_id=0)


@st.composite
def larger_problems(draw: st.DrawFn) -> tuple[NDArray[np.float32], NDArray[np.int64], int]:
    width = draw(st.integers(3, 30))
    blank_id = draw(st.integers(0, width - 1))
    letters = [token for token in range(width) if token != blank_id]
    targets = np.array(draw(st.lists(st.sampled_from(letters), min_size=1, max_size=25)))
    frames = frames_needed(targets) + draw(st.integers(0, 60))
    spread = draw(st.sampled_from([0.0, 0.5, 5.0, 20.0]))
    return (
        random_log_probs(draw(st.integers(0, 2**32 - 1)), frames, width, spread),
        targets,
        blank_id,
    )


@given(larger_problems())
@settings(max_examples=100)
def test_spans_are_ordered_disjoint_and_spell_the_targets(
    problem: tuple[NDArray[np.float32], NDArray[np.int64], int],
) -> None:
    """Merged spans give the targets back, in order, without overlap, with scores in [0, 1]."""
    log_probs, targets, blank_id = problem
    tokens, scores = forced_align(log_probs, targets, blank_id)
    spans = merge_tokens(tokens, scores, blank_id)
    assert [span.token for span in spans] == targets.tolist()
    assert all(0 <= span.start < span.end <= len(log_probs) for span in spans)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert all(0 <= span.score <= 1 for span in spans)


@given(larger_problems(), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_score_does_not_depend_on_token_numbers(
    problem: tuple[NDArray[np.float32], NDArray[np.int64], int], random: object
) -> None:
    """Renumbering the vocabulary leaves the best score as it is."""
    log_probs, targets, blank_id = problem
    order = np.arange(log_probs.shape[1])
    getattr(random, "shuffle")(order)  # noqa: B009  # hypothesis types its Random loosely
    renumbered = np.empty_like(log_probs)
    renumbered[:, order] = log_probs
    _, scores = forced_align(log_probs, targets, blank_id)
    _, again = forced_align(renumbered, order[targets], int(order[blank_id]))
    assert scores.sum(dtype=np.float64) == pytest.approx(again.sum(dtype=np.float64), abs=1e-3)


@given(larger_problems())
@settings(max_examples=50)
def test_a_planted_path_is_found(
    problem: tuple[NDArray[np.float32], NDArray[np.int64], int],
) -> None:
    """Where one path is certain, it is the answer."""
    log_probs, targets, blank_id = problem
    planted, _ = forced_align(log_probs, targets, blank_id)
    certain = np.full(log_probs.shape, -10.0, dtype=np.float32)
    certain[np.arange(len(planted)), planted] = 0.0
    tokens, _ = forced_align(certain, targets, blank_id)
    assert tokens.tolist() == planted.tolist()
