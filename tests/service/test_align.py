"""The Viterbi aligner against brute force, and properties that hold for any input."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from service.align import ABSORB_LOG_PROB, forced_align, frames_needed
from service.ctc import ABSORBED, log_softmax, merge_tokens
from service.errors import TranscriptTooLong


def collapse(path: tuple[int, ...], blank_id: int) -> list[int]:
    merged = [token for token, _ in itertools.groupby(path)]
    return [token for token in merged if token != blank_id]


def random_log_probs(
    seed: int, frames: int, width: int, spread: float = 3.0
) -> NDArray[np.float32]:
    logits = np.random.default_rng(seed).normal(0, spread, (frames, width))
    return log_softmax(logits.astype(np.float32))


def cost(
    path: tuple[int, ...],
    log_probs: NDArray[np.float32],
    blank_id: int,
    free: list[int],
    absorb: float,
) -> float:
    """The score of one path: blanks in a free gap cost no less than `absorb`."""
    gap, total = 0, 0.0
    for t, token in enumerate(path):
        if token == blank_id:
            here = float(log_probs[t, blank_id])
            total += max(here, absorb) if gap in free else here
        else:
            gap += t == 0 or path[t - 1] != token
            total += float(log_probs[t, token])
    return total


def best_by_enumeration(
    log_probs: NDArray[np.float32],
    targets: list[int],
    blank_id: int,
    free: list[int],
    absorb: float,
) -> float | None:
    """The score of the best of all V^T paths that collapse to the targets; None if none does."""
    frames, width = log_probs.shape
    scores = [
        cost(path, log_probs, blank_id, free, absorb)
        for path in itertools.product(range(width), repeat=frames)
        if collapse(path, blank_id) == targets
    ]
    return max(scores, default=None)


@dataclass(frozen=True)
class Problem:
    """Everything that `forced_align` takes."""

    log_probs: NDArray[np.float32]
    targets: list[int]
    blank_id: int
    free: list[int]
    absorb: float

    def align(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The aligner's answer."""
        return forced_align(
            self.log_probs,
            np.array(self.targets),
            self.blank_id,
            free=np.array(self.free, dtype=np.int64),
            absorb=self.absorb,
        )


def emissions(draw: st.DrawFn, frames: int, width: int) -> NDArray[np.float32]:
    """Random, flat (every path ties), of few values (many do), or with impossible tokens."""
    seed = draw(st.integers(0, 2**32 - 1))
    kind = draw(st.sampled_from(["random", "flat", "coarse", "impossible"]))
    log_probs = random_log_probs(seed, frames, width, 0.0 if kind == "flat" else 3.0)
    if kind == "coarse":
        log_probs = np.round(log_probs)
    if kind == "impossible":
        log_probs[np.random.default_rng(seed).random(log_probs.shape) < 0.3] = -np.inf
    return log_probs


@st.composite
def small_problems(draw: st.DrawFn) -> Problem:
    """T <= 7, V <= 4, L <= 3, the blank anywhere; feasible or not."""
    width = draw(st.integers(2, 4))
    frames = draw(st.integers(1, 7 if width < 4 else 6))
    blank_id = draw(st.integers(0, width - 1))
    letters = [token for token in range(width) if token != blank_id]
    targets = draw(st.lists(st.sampled_from(letters), min_size=1, max_size=3))
    free = draw(st.lists(st.integers(0, len(targets)), max_size=4))
    absorb = draw(st.sampled_from([ABSORB_LOG_PROB, -4.0, 0.0, -np.inf]))
    return Problem(emissions(draw, frames, width), targets, blank_id, free, absorb)


@given(small_problems())
@settings(max_examples=300)
def test_the_path_is_the_best_of_all_paths(problem: Problem) -> None:
    """The aligner's score equals the best by enumeration, or it says that nothing fits."""
    best = best_by_enumeration(**vars(problem))
    if best is None:
        with pytest.raises(TranscriptTooLong):
            problem.align()
        return
    tokens, scores = problem.align()
    path = np.where(tokens == ABSORBED, problem.blank_id, tokens)
    assert collapse(tuple(path.tolist()), problem.blank_id) == problem.targets
    assert float(scores.sum(dtype=np.float64)) == pytest.approx(best, abs=1e-4)


@given(small_problems())
@settings(max_examples=100)
def test_absorbed_frames_lie_in_free_gaps(problem: Problem) -> None:
    """A frame is absorbed where that costs less than the blank, in a free gap and nowhere else."""
    try:
        tokens, scores = problem.align()
    except TranscriptTooLong:
        return
    gap, before = 0, problem.blank_id
    for t, token in enumerate(tokens.tolist()):
        if token in (problem.blank_id, ABSORBED):
            cheaper = problem.log_probs[t, problem.blank_id] < problem.absorb
            assert (token == ABSORBED) == (gap in problem.free and cheaper)
        else:
            gap += token != before
        before = token
        expected = problem.absorb if token == ABSORBED else problem.log_probs[t, token]
        assert scores[t] == np.float32(expected)


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
