"""The best chain of words in order is the best of all chains."""

import itertools
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from service.chain import Candidate, best_chain

FRAMES = 12


@st.composite
def candidate_lists(draw: st.DrawFn) -> list[Candidate]:
    """Up to seven words anywhere, gaining something."""
    found = []
    for word in range(draw(st.integers(0, 7))):
        start = draw(st.integers(0, FRAMES - 1))
        end = draw(st.integers(start + 1, FRAMES))
        found.append(Candidate(word, start, end, draw(st.integers(1, 9))))
    return found


def follow(chain: Iterable[Candidate]) -> bool:
    return all(one.end <= other.start for one, other in itertools.pairwise(chain))


@given(candidate_lists())
def test_no_chain_gains_more(candidates: list[Candidate]) -> None:
    """Of all subsets whose words follow one another."""
    chosen = [item for item in candidates if item.word in best_chain(candidates, FRAMES)]
    assert follow(chosen)
    chains = (
        chain
        for length in range(len(candidates) + 1)
        for chain in itertools.combinations(candidates, length)
        if follow(chain)
    )
    assert sum(item.gain for item in chosen) == max(
        sum(item.gain for item in chain) for chain in chains
    )


def test_words_are_chosen_in_their_order() -> None:
    """Two that are heard the wrong way round are not both chosen."""
    early, late = Candidate(1, 0, 4, 2.0), Candidate(0, 6, 9, 3.0)
    assert best_chain([late, early], FRAMES) == [0]
    assert best_chain([early, late], FRAMES) == [1, 0]
