"""The search: exact whatever its window and its blocks are, narrow and in bounded memory."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from alignments import Problem, best_by_table, paid, problems, random_log_probs, said, score
from hypothesis import given, settings
from hypothesis import strategies as st

from service.search import frontier, viterbi
from service.search.trellis import trellis_of


@contextmanager
def searching(*, bounded: bool, beam: float = 200.0, window: int = 64) -> Iterator[None]:
    """Force the bound on or off; a narrow beam, and a window that is trimmed often."""
    with (
        mock.patch.object(viterbi, "BOUNDED_PAIRS", 0 if bounded else 10**9),
        mock.patch.object(viterbi, "BEAM_LOG_PROB", beam),
        mock.patch.object(frontier, "WINDOW_FRAMES", window),
    ):
        yield


@given(problems(), st.sampled_from([0.0, 4.0, 200.0]), st.sampled_from([1, 5, 64]))
@settings(max_examples=200)
def test_no_window_changes_the_best_score(problem: Problem, beam: float, window: int) -> None:
    """The bound holds for text said and not said, beams that lose the path, frames and blocks."""
    best = best_by_table(problem)
    with searching(bounded=True, beam=beam, window=window):
        assert score(problem.align()) == pytest.approx(best, abs=1e-6)
    with searching(bounded=False, window=window):
        assert score(problem.align()) == pytest.approx(best, abs=1e-6)


@given(problems(), st.sampled_from([0.0, 200.0]), st.data())
@settings(max_examples=100)
def test_no_window_changes_what_pauses_cost(
    problem: Problem, beam: float, data: st.DataObject
) -> None:
    """The bound holds where some gaps are dearer than their blanks."""
    inner = data.draw(st.sets(st.integers(0, len(problem.targets))))
    problem = replace(problem, inner=sorted(inner))
    best = best_by_table(problem)
    for bounded in (True, False):
        with searching(bounded=bounded, beam=beam):
            assert paid(problem, problem.align()) == pytest.approx(best, abs=1e-6)


@given(problems())
@settings(max_examples=200)
def test_what_is_kept_whole_is_what_blocks_compute_again(problem: Problem) -> None:
    """Short audio's table gives the very path and scores that its blocks give."""
    whole = problem.align()
    with mock.patch.object(viterbi, "WHOLE_FRAMES", 0), searching(bounded=False):
        blocks = problem.align()
    assert [part.tolist() for part in whole] == [part.tolist() for part in blocks]


def test_short_audio_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All its frames are one block, which no way forward has to pass."""
    passed: list[tuple[int, int]] = []
    monkeypatch.setattr(viterbi.Frontier, "run", lambda *span: passed.append(span[2:4]))
    long_problem(500, 100).align()
    assert passed == []


def long_problem(frames: int, labels: int, *, width: int = 28, errors: float = 0.05) -> Problem:
    """A text that is said in a long audio."""
    targets = np.random.default_rng(3).integers(1, width, labels).tolist()
    flat = random_log_probs(4, frames, width, spread=1.0)
    return said(Problem(flat, targets, 0, [0, labels // 2, labels], -1.0), 5, errors)


@pytest.mark.parametrize("bounded", [True, False])
def test_length_costs_no_precision(*, bounded: bool) -> None:
    """Over 20,000 frames, in steps of 1/8 so that every sum is exact, the score is the table's."""
    problem = long_problem(20_000, 300)
    problem = replace(problem, log_probs=np.round(problem.log_probs * 8) / 8)
    with searching(bounded=bounded):
        assert score(problem.align()) == best_by_table(problem)


def searched_pairs(problem: Problem, *, bounded: bool) -> int:
    """Pairs in the windows at the checkpoints, in sum."""
    nowhere = np.array(problem.free)
    targets = np.array(problem.targets)
    inner = np.array(problem.inner, dtype=np.int64)
    trellis = trellis_of(
        problem.log_probs, targets, problem.blank_id, nowhere, problem.absorb, inner, -0.1
    )
    progress = viterbi.Progress(lambda _: None, 1)
    threshold = viterbi.bound(trellis, 100, progress) if bounded else viterbi.everything
    checkpoints = viterbi.way_forward(trellis, 100, threshold, progress)
    return sum(len(checkpoint.labels) for checkpoint in checkpoints)


def test_a_text_that_is_said_is_searched_in_a_narrow_window() -> None:
    """Where audio and text agree, a few of the states that can be reached are looked at."""
    problem = long_problem(10_000, 2000, errors=0.01)
    assert searched_pairs(problem, bounded=True) < searched_pairs(problem, bounded=False) / 5


@pytest.mark.parametrize("bounded", [True, False])
def test_memory_grows_with_the_root_of_the_length(*, bounded: bool) -> None:
    """No more than the docstring says above the emissions, whether the bound helps or not."""
    problem = long_problem(12_000, 2000)
    targets = problem.targets
    with searching(bounded=bounded):
        problem.align()
        tracemalloc.start()
        try:
            problem.align()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    pairs = len(targets) + int(np.count_nonzero(np.diff(targets) == 0))
    assert peak < 8 * pairs * 12_000**0.5 + 200 * 12_000 + 2**20
