"""Which words to leave out, against every way of leaving some out."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from service.search.subset import LEFT_OUT, Thinnable, best_subset


@st.composite
def thinnables(draw: st.DrawFn) -> Thinnable:
    """Up to four words of up to two labels, of two tokens, on up to five frames."""
    lengths = draw(st.lists(st.integers(1, 2), min_size=1, max_size=4))
    frames = draw(st.integers(1, 5))
    count = sum(lengths)
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return Thinnable(
        emissions=random.normal(0, 3, (frames, 2)),
        labels=random.integers(0, 2, count),
        firsts=np.concatenate([[0], np.cumsum(lengths)]),
        gaps=np.maximum(random.normal(0, 2, frames), 0),
        loose=random.random(count) < 0.2,
        costs=random.uniform(0.1, 6, len(lengths)),
        passage=float(random.choice([0.0, 1.5])),
    )


def may_follow(text: Thinnable, kept: list[int], a: int, b: int) -> bool:
    """Whether state b may follow state a in a path through the labels `kept`.

    An even number is a gap, 2 j + 1 is label j of them. Where words were left out between two
    labels, a frame at least lies in the gap.
    """
    if b in (a, a + 1):
        return True
    if a % 2 == 0 or b != a + 2:
        return False
    first, second = kept[a // 2], kept[b // 2]
    return second == first + 1 and bool(text.labels[first] != text.labels[second])


def is_path(text: Thinnable, kept: list[int], states: tuple[int, ...]) -> bool:
    """Whether states begin before the first label or in it, and end in the last or after it."""
    end = 2 * len(kept)
    follow = all(may_follow(text, kept, a, b) for a, b in itertools.pairwise((0, *states)))
    return follow and states[-1] in (end, end - 1)


def score(text: Thinnable, kept: list[int], path: tuple[int, ...]) -> float:
    """Of a path through the labels `kept`."""
    starts = {int(first) for first in text.firsts}
    total = 0.0
    for frame, state in enumerate(path):
        if state % 2:
            total += float(text.emissions[frame, text.labels[kept[state // 2]]])
            continue
        label = kept[state // 2] if state // 2 < len(kept) else None
        if label is None or label in starts:
            total += float(text.gaps[frame])
        else:
            total += float(text.gaps[frame]) if text.loose[label] else 0.0
    return total


def cost_of(text: Thinnable, words: tuple[int, ...]) -> float:
    """Of leaving out all but these."""
    out = [word for word in range(len(text.costs)) if word not in words]
    passages = sum(word - 1 not in out for word in out)
    return float(sum(text.costs[word] for word in out)) + passages * text.passage


def labels_of(text: Thinnable, words: tuple[int, ...]) -> list[int]:
    spans = (range(int(text.firsts[word]), int(text.firsts[word + 1])) for word in words)
    return [label for span in spans for label in span]


def best(text: Thinnable) -> float:
    """Of all ways to leave words out, and all paths of what is left."""
    count, frames = len(text.costs), len(text.emissions)
    found = -np.inf
    for size in range(count + 1):
        for words in itertools.combinations(range(count), size):
            kept = labels_of(text, words)
            if len(kept) > frames:
                continue
            cost = cost_of(text, words)
            for path in itertools.product(range(2 * len(kept) + 1), repeat=frames):
                if is_path(text, kept, path):
                    found = max(found, score(text, kept, path) - cost)
    return found


def states_of(held: NDArray[np.int64], text: Thinnable, kept: list[int]) -> list[tuple[int, ...]]:
    """The paths that hold the same labels: a frame that holds one may be in the gap after it."""
    options = []
    for label in held.tolist():
        if label == LEFT_OUT:
            options.append([2 * place for place in range(len(kept) + 1)])
        else:
            options.append([2 * kept.index(label) + 1, 2 * kept.index(label) + 2])
    every = itertools.product(*options)
    return [path for path in every if is_path(text, kept, path)]


@given(thinnables())
@settings(deadline=None, max_examples=60)
def test_no_other_choice_of_words_scores_better(text: Thinnable) -> None:
    """What is held is whole words in order, and its score is the best of all."""
    held = best_subset(text)
    labels = [label for label, _ in itertools.groupby(held.tolist()) if label != LEFT_OUT]
    words = tuple(
        sorted({int(np.searchsorted(text.firsts, label, "right")) - 1 for label in labels})
    )
    kept = labels_of(text, words)
    assert labels == kept
    cost = cost_of(text, words)
    own = max(score(text, kept, path) for path in states_of(held, text, kept)) - cost
    assert own >= best(text) - 1e-9


def test_progress_is_told_and_ends_the_search() -> None:
    """Up to 1, never back."""
    random = np.random.default_rng(1)
    text = Thinnable(
        random.normal(0, 1, (500, 4)),
        random.integers(0, 4, 40),
        np.arange(0, 41, 4),
        np.zeros(500),
        np.zeros(40, bool),
        np.full(10, 9.0),
        1.0,
    )
    told: list[float] = []
    best_subset(text, told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
