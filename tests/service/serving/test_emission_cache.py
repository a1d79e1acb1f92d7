"""What models heard, kept within a number of bytes."""

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.emissions import Emissions
from service.serving.emission_cache import EmissionCache, EmissionKey
from service.spans import FrameClock

CLOCK = FrameClock(320, 16_000, 1.0)


def emissions(rows: int) -> Emissions:
    """4 bytes a row."""
    nothing = np.zeros(0, np.float32)
    return Emissions(np.zeros((rows, 1), np.float32), nothing, CLOCK, (), {"inference": 1.0})


def key(content: str, model: str = "he") -> EmissionKey:
    return EmissionKey(content, model)


def test_what_is_kept_is_found_without_the_time_that_it_took() -> None:
    """By its content and its model, both."""
    cache = EmissionCache(100)
    cache.put(key("a"), emissions(5))
    found = cache.get(key("a"))
    assert found is not None
    assert len(found.log_probs) == 5
    assert not found.timings
    assert cache.get(key("a", "hi")) is None
    assert (cache.hits, cache.misses) == (1, 1)


def test_what_was_not_asked_for_longest_goes_first() -> None:
    """Asking counts, not only keeping."""
    cache = EmissionCache(40)
    cache.put(key("a"), emissions(5))
    cache.put(key("b"), emissions(5))
    assert cache.get(key("a"))
    cache.put(key("c"), emissions(5))
    assert cache.get(key("b")) is None
    assert cache.get(key("a"))
    assert cache.get(key("c"))


def test_what_is_too_large_alone_takes_nothing_elses_place() -> None:
    """And a cache of no bytes keeps nothing."""
    cache = EmissionCache(40)
    cache.put(key("a"), emissions(5))
    cache.put(key("b"), emissions(11))
    assert cache.get(key("b")) is None
    assert cache.get(key("a"))
    none = EmissionCache(0)
    none.put(key("a"), emissions(1))
    assert len(none) == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12)), max_size=30))
def test_the_bytes_held_are_those_of_what_is_kept(puts: list[tuple[int, int]]) -> None:
    """Whatever is kept, again or anew: never more than the limit."""
    cache = EmissionCache(60)
    for content, rows in puts:
        cache.put(key(str(content)), emissions(rows))
        kept = [cache.get(key(str(name))) for name in range(6)]
        assert cache.held_bytes == sum(item.nbytes for item in kept if item) <= 60
        assert len(cache) == sum(item is not None for item in kept)


def test_threads_may_share_it() -> None:
    """Many at once leave the figures whole."""
    cache = EmissionCache(400)

    def work(seed: int) -> None:
        for step in range(200):
            name = str((seed * step) % 17)
            if cache.get(key(name)) is None:
                cache.put(key(name), emissions(step % 20))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [cache.get(key(str(name))) for name in range(17)]
    assert cache.held_bytes == sum(item.nbytes for item in kept if item) <= 400
