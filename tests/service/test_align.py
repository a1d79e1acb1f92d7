"""The Viterbi aligner against brute force, and properties that hold for any input."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from alignments import (
    Problem,
    collapse,
    drawn_emissions,
    paid,
    problems,
    random_log_probs,
    score,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.align import ABSORB_LOG_PROB, PAUSE_LOG_PROB, forced_align
from service.ctc import ABSORBED, merge_tokens
from service.errors import TranscriptTooLong


def cost(path: tuple[int, ...], problem: Problem) -> float:
    """The score of one path: blanks in a free gap cost no less than `absorb`, inner ones more."""
    gap, total = 0, 0.0
    for t, token in enumerate(path):
        here = float(problem.log_probs[t, token])
        if token == problem.blank_id:
            paused = here + PAUSE_LOG_PROB if gap in problem.inner else here
            total += max(here, problem.absorb) if gap in problem.free else paused
        else:
            gap += t == 0 or path[t - 1] != token
            total += here
    return total


def best_by_enumeration(problem: Problem) -> float | None:
    """The score of the best of all V^T paths that collapse to the targets; None if none does."""
    frames, width = problem.log_probs.shape
    scores = [
        cost(path, problem)
        for path in itertools.product(range(width), repeat=frames)
        if collapse(path, problem.blank_id) == problem.targets
    ]
    return max(scores, default=None)


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
    inner = draw(st.lists(st.integers(0, len(targets)), max_size=4))
    return Problem(drawn_emissions(draw, frames, width), targets, blank_id, free, absorb, inner)


@given(small_problems())
@settings(max_examples=300)
def test_the_path_is_the_best_of_all_paths(problem: Problem) -> None:
    """The aligner's score equals the best by enumeration, or it says that nothing fits."""
    best = best_by_enumeration(problem)
    if best is None:
        with pytest.raises(TranscriptTooLong):
            problem.align()
        return
    tokens, scores = problem.align()
    path = np.where(tokens == ABSORBED, problem.blank_id, tokens)
    assert collapse(tuple(path.tolist()), problem.blank_id) == problem.targets
    assert paid(problem, (tokens, scores)) == pytest.approx(best, abs=1e-4)


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


@given(problems())
@settings(max_examples=100)
def test_spans_are_ordered_disjoint_and_spell_the_targets(problem: Problem) -> None:
    """Merged spans give the targets back, in order, without overlap, with scores in [0, 1]."""
    tokens, scores = problem.align()
    spans = merge_tokens(tokens, scores, problem.blank_id)
    assert [span.token for span in spans] == problem.targets
    assert all(0 <= span.start < span.end <= len(problem.log_probs) for span in spans)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert all(0 <= span.score <= 1 for span in spans)


@given(problems(), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_score_does_not_depend_on_token_numbers(problem: Problem, random: object) -> None:
    """Renumbering the vocabulary leaves the best score as it is."""
    order = np.arange(problem.log_probs.shape[1])
    getattr(random, "shuffle")(order)  # noqa: B009  # hypothesis types its Random loosely
    renumbered = replace(
        problem,
        log_probs=problem.log_probs[:, np.argsort(order)],
        targets=order[problem.targets].tolist(),
        blank_id=int(order[problem.blank_id]),
    )
    assert score(problem.align()) == pytest.approx(score(renumbered.align()), abs=1e-3)


@given(problems())
@settings(max_examples=50)
def test_a_planted_path_is_found(problem: Problem) -> None:
    """Where one path is certain, it is the answer."""
    planted, _ = replace(problem, free=[]).align()
    certain = np.full(problem.log_probs.shape, -10.0, dtype=np.float32)
    certain[np.arange(len(planted)), planted] = 0.0
    tokens, _ = replace(problem, log_probs=certain).align()
    assert tokens.tolist() == planted.tolist()


@given(problems(), st.integers(0, 60))
@settings(max_examples=50)
def test_another_free_position_never_costs(problem: Problem, position: int) -> None:
    """The best score with one more free position is no lower."""
    more = replace(problem, free=[*problem.free, min(position, len(problem.targets))])
    assert score(more.align()) >= score(problem.align()) - 1e-6


@given(problems())
@settings(max_examples=50)
def test_nothing_is_absorbed_at_an_impossible_price(problem: Problem) -> None:
    """Free positions at a cost of -inf, none at all, and the plain call are one and the same."""
    plain = forced_align(problem.log_probs, np.array(problem.targets), problem.blank_id)
    for same in (replace(problem, absorb=-np.inf), replace(problem, free=[])):
        tokens, scores = same.align()
        assert tokens.tolist() == plain[0].tolist()
        assert scores.tolist() == plain[1].tolist()


@given(problems())
@settings(max_examples=50)
def test_twice_the_audio_and_the_text_score_at_least_twice(problem: Problem) -> None:
    """A problem after itself can be solved by its own solution, twice."""
    assume(problem.targets[0] != problem.targets[-1])
    twice = replace(
        problem,
        log_probs=np.concatenate([problem.log_probs, problem.log_probs]),
        targets=problem.targets * 2,
        free=problem.free + [len(problem.targets) + position for position in problem.free],
    )
    assert score(twice.align()) >= 2 * score(problem.align()) - 1e-6


@pytest.mark.parametrize("free", [[-1], [3]])
def test_free_positions_outside_the_text_are_refused(free: list[int]) -> None:
    """L is the last position."""
    with pytest.raises(ValueError, match=r"expected free positions in \[0, 2\]"):
        Problem(random_log_probs(1, 5, 3), [1, 2], 0, free, -1.0).align()


@pytest.mark.parametrize("inner", [[-1], [3]])
def test_inner_positions_outside_the_text_are_refused(inner: list[int]) -> None:
    """As free ones are."""
    with pytest.raises(ValueError, match=r"expected inner positions in \[0, 2\]"):
        Problem(random_log_probs(1, 5, 3), [1, 2], 0, [], -1.0, inner).align()


def test_a_letter_far_from_its_word_is_not_taken_for_one_of_it() -> None:
    """Two seconds before the word stands a better first letter than in it, and none in between."""
    log_probs = np.log(np.full((120, 3), 0.005, dtype=np.float32))
    log_probs[:, 0] = np.log(0.99)
    log_probs[[5, 110, 112]] = np.log([[0.3, 0.6, 0.1], [0.7, 0.2, 0.1], [0.05, 0.05, 0.9]])
    apart, _ = Problem(log_probs, [1, 2], 0, [0], -1.0).align()
    held, _ = Problem(log_probs, [1, 2], 0, [0], -1.0, [1]).align()
    assert np.flatnonzero(apart > 0).tolist() == [5, 112]
    assert np.flatnonzero(held > 0).tolist() == [110, 112]


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_no_log_probability_is_refused(wrong: float) -> None:
    """NaN and +inf are a model's failure, not a path's score."""
    log_probs = random_log_probs(1, 5, 3)
    log_probs[3, 2] = wrong
    with pytest.raises(ValueError, match="NaN"):
        Problem(log_probs, [1, 2], 0, [], -1.0).align()


def test_absorbing_is_better_than_the_impossible() -> None:
    """A path that is absorbed on every other frame is found, though the tokens seem cheaper."""
    log_probs = np.array([[-5.0, -0.1], [-np.inf, -np.inf], [-np.inf, -0.1]], dtype=np.float32)
    tokens, scores = Problem(log_probs, [1], 0, [0], -4.0).align()
    assert tokens.tolist() == [ABSORBED, ABSORBED, 1]
    assert scores.tolist() == [-4.0, -4.0, np.float32(-0.1)]


@pytest.mark.parametrize("impossible", [0, 1])
def test_nothing_possible_is_worse_than_the_impossible(impossible: int) -> None:
    """However small a finite probability is, a path through it is better than one through 0."""
    log_probs = np.array([[-1e12, 0.0], [-1e12, 0.0]], dtype=np.float32)
    log_probs[impossible, 1] = -np.inf
    tokens, _ = forced_align(log_probs, np.array([1]), 0)
    assert tokens.tolist() == ([0, 1] if impossible == 0 else [1, 0])


def test_half_precision_on_disk_is_read_as_it_is(tmp_path: Path) -> None:
    """A read-only memory map of float16 gives what its numbers in float32 give."""
    halves = random_log_probs(1, 90, 6).astype(np.float16)
    np.save(tmp_path / "log_probs.npy", halves)
    mapped = np.load(tmp_path / "log_probs.npy", mmap_mode="r")
    targets = np.array([1, 2, 2, 3, 4, 5, 1])
    tokens, scores = forced_align(mapped, targets, 0)
    expected_tokens, expected_scores = forced_align(halves.astype(np.float32), targets, 0)
    assert scores.dtype == np.float32
    assert tokens.tolist() == expected_tokens.tolist()
    assert scores.tolist() == expected_scores.tolist()


def test_progress_rises_to_the_whole() -> None:
    """Fractions in [0, 1], never falling, the last of them 1."""
    told: list[float] = []
    forced_align(random_log_probs(1, 900, 5), np.array([1, 2, 3]), 0, on_progress=told.append)
    assert told == sorted(told)
    assert len(told) > 10
    assert told[0] > 0.0
    assert told[-1] == 1.0


def test_a_search_can_be_given_up() -> None:
    """What the progress call raises comes out, and no more is searched."""

    def cancel(fraction: float) -> None:
        raise InterruptedError(fraction)

    with pytest.raises(InterruptedError):
        forced_align(random_log_probs(1, 900, 5), np.array([1, 2]), 0, on_progress=cancel)
