"""Cores are held by jobs, lent while they are idle, and never more of them than there are."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.ops.cores import Cores

WAIT_SEC = 30.0


def test_a_job_that_is_alone_may_have_all() -> None:
    """Beside its own, whether it asks for that many or for all; and gives them back."""
    cores = Cores(4)
    with cores.one():
        with cores.borrowed(3) as lent:
            assert (lent, cores.held) == (3, 4)
        with cores.borrowed(0, or_all=True) as lent:
            assert (lent, cores.held) == (3, 4)
        assert cores.held == 1
    assert cores.held == 0


def test_beside_others_there_is_what_they_leave() -> None:
    """Up to what was asked for; never all of them."""
    cores = Cores(4)
    with cores.one(), cores.one():
        with cores.borrowed(1) as lent:
            assert lent == 1
        with cores.borrowed(9) as lent:
            assert (lent, cores.held) == (2, 4)
        with cores.borrowed(0, or_all=True) as lent:
            assert lent == 0


def test_a_single_core_is_never_lent() -> None:
    """There is none beside it."""
    cores = Cores(1)
    with cores.one(), cores.borrowed(5, or_all=True) as lent:
        assert lent == 0


def test_what_is_borrowed_comes_back_from_work_that_fails() -> None:
    """So does what was held."""
    cores = Cores(2)
    with pytest.raises(KeyError), cores.one(), cores.borrowed(1):
        raise KeyError
    assert cores.held == 0


class Watched(Cores):
    """Tells when somebody waits."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.waited = threading.Event()
        wait_for = self._changed.wait_for

        def tell(ready: object) -> bool:
            if not self._free:
                self.waited.set()
            return wait_for(ready)  # type: ignore[arg-type] # a function without arguments

        self._changed.wait_for = tell  # type: ignore[assignment, method-assign] # to see it


def test_who_comes_waits_until_a_core_is_given_back() -> None:
    """And what it waits for is lent to nobody else."""
    cores = Watched(2)
    entered, leave = threading.Event(), threading.Event()

    def newcomer() -> None:
        with cores.one():
            entered.set()
            assert leave.wait(WAIT_SEC)

    with ThreadPoolExecutor(1) as threads, cores.one():
        with cores.borrowed(1):
            threads.submit(newcomer)
            assert cores.waited.wait(WAIT_SEC)
            assert not entered.is_set()
        assert entered.wait(WAIT_SEC)
        with cores.borrowed(1, or_all=True) as lent:
            assert lent == 0
        leave.set()


def test_a_core_that_is_waited_for_is_not_lent() -> None:
    """Though it is free already, and its job has not woken up."""
    cores = Cores(2)
    cores._waiting = 1  # as between the notice and the waking
    with cores.borrowed(1, or_all=True) as lent:
        assert lent == 1
    cores._waiting = 2
    with cores.borrowed(1, or_all=True) as lent:
        assert lent == 0


def test_never_more_are_held_than_there_are() -> None:
    """By many jobs that come and go, and borrow what they can."""
    cores = Cores(3)
    most = []

    def job(_: int) -> None:
        with cores.one():
            for wanted in range(5):
                with cores.borrowed(wanted, or_all=True) as lent:
                    most.append((cores.held, lent))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(job, range(200)))
    assert max(held for held, _ in most) <= cores.count
    assert cores.held == 0


def test_held_work_is_the_same_work() -> None:
    """With its arguments and its result, and a core."""
    cores = Cores(2)
    held = cores.holding(lambda first, *, second: (first, second, cores.held))
    assert held(1, second=2) == (1, 2, 1)
