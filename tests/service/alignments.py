"""Alignment problems, small and large, and their best scores by a table that is kept whole."""

import itertools
from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from service.align import ABSORB_LOG_PROB, PAUSE_LOG_PROB, forced_align, frames_needed
from service.ctc import ABSORBED, log_softmax


def collapse(path: tuple[int, ...], blank_id: int) -> list[int]:
    merged = [token for token, _ in itertools.groupby(path)]
    return [token for token in merged if token != blank_id]


def random_log_probs(
    seed: int, frames: int, width: int, spread: float = 3.0
) -> NDArray[np.float32]:
    logits = np.random.default_rng(seed).normal(0, spread, (frames, width))
    return log_softmax(logits.astype(np.float32))


@dataclass(frozen=True)
class Problem:
    """Everything that `forced_align` takes."""

    log_probs: NDArray[np.float32]
    targets: list[int]
    blank_id: int
    free: list[int]
    absorb: float
    inner: list[int] = field(default_factory=list)

    def align(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The aligner's answer."""
        return forced_align(
            self.log_probs,
            np.array(self.targets),
            self.blank_id,
            free=np.array(self.free, dtype=np.int64),
            absorb=self.absorb,
            inner=np.array(self.inner, dtype=np.int64),
        )


def drawn_emissions(draw: st.DrawFn, frames: int, width: int) -> NDArray[np.float32]:
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
def problems(draw: st.DrawFn, most_labels: int = 60) -> Problem:
    """A text that is said, or is not, or with other speech between; T up to some hundreds."""
    width = draw(st.integers(3, 12))
    blank_id = draw(st.integers(0, width - 1))
    letters = [token for token in range(width) if token != blank_id]
    targets = draw(st.lists(st.sampled_from(letters), min_size=1, max_size=most_labels))
    frames = frames_needed(np.array(targets)) + draw(st.sampled_from([0, 1, 7, 200]))
    log_probs = drawn_emissions(draw, frames, width)
    free = draw(st.lists(st.integers(0, len(targets)), max_size=5))
    absorb = draw(st.sampled_from([ABSORB_LOG_PROB, -4.0, -np.inf]))
    problem = Problem(log_probs, targets, blank_id, free, absorb)
    return said(problem, draw(st.integers(0, 99))) if draw(st.booleans()) else problem


def said(problem: Problem, seed: int, errors: float = 0.05) -> Problem:
    """The same with a random path to the text made likely, but for some frames."""
    random = np.random.default_rng(seed)
    frames = len(problem.log_probs)
    spikes = np.full(frames, problem.blank_id)
    spikes[np.sort(random.choice(frames, len(problem.targets), replace=False))] = problem.targets
    wrong = random.random(frames) < errors
    spikes[wrong] = random.integers(0, problem.log_probs.shape[1], wrong.sum())
    logits = np.maximum(problem.log_probs, -50.0)
    logits[np.arange(frames), spikes] += 8.0
    return replace(problem, log_probs=log_softmax(logits))


def best_by_table(problem: Problem) -> float:
    """The best score, from the 2 L + 1 states of the textbook, one column a frame."""
    count = len(problem.targets)
    tokens = np.full(2 * count + 1, problem.blank_id)
    tokens[1::2] = problem.targets
    free = np.zeros(len(tokens), dtype=bool)
    free[2 * np.array(problem.free, dtype=np.int64)] = True
    skips = (tokens != problem.blank_id) & (tokens != np.roll(tokens, 2))
    skips[:2] = False
    pauses = np.zeros(len(tokens))
    pauses[2 * np.array(problem.inner, dtype=np.int64)] = PAUSE_LOG_PROB
    best = np.full(len(tokens), -np.inf)
    best[0] = 0.0
    for frame, row in enumerate(problem.log_probs.astype(np.float64)):
        here = np.where(free, np.maximum(row[tokens], problem.absorb), row[tokens] + pauses)
        entered = np.concatenate([[-np.inf], best[:-1]])
        if frame:
            skipped = np.where(skips, np.concatenate([[-np.inf, -np.inf], best[:-2]]), -np.inf)
            best = np.maximum(np.maximum(best, entered), skipped) + here
        else:
            best = np.maximum(best, entered) + here
    return float(best[-2:].max())


def score(answer: tuple[NDArray[np.int64], NDArray[np.float32]]) -> float:
    """The whole path's."""
    return float(answer[1].sum(dtype=np.float64))


def paid(problem: Problem, answer: tuple[NDArray[np.int64], NDArray[np.float32]]) -> float:
    """The whole path's score, with what its pauses within words cost."""
    tokens = np.where(answer[0] == ABSORBED, problem.blank_id, answer[0])
    starts = (tokens != problem.blank_id) & (np.diff(tokens, prepend=problem.blank_id) != 0)
    gaps = np.cumsum(starts)[tokens == problem.blank_id]
    pauses = np.isin(gaps, list(set(problem.inner) - set(problem.free)))
    return score(answer) + PAUSE_LOG_PROB * int(pauses.sum())
