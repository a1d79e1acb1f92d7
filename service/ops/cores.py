"""The cores that may be used: one for each job, and those that are idle lent to one that can use
them.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

ONE: Final = 1


class Cores:
    """`count` of them, held by jobs in threads. No more are ever held than there are.

    A job holds one as long as it runs. It may borrow idle ones for a while; who comes then waits
    until they are given back, and is not passed over: what somebody waits for is lent to nobody.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._free = count
        self._waiting = 0
        self._changed = threading.Condition()

    @property
    def held(self) -> int:
        """By jobs, borrowed ones included."""
        return self.count - self._free

    def core(self) -> "Core":
        """One that can be taken and given back; nobody holds it yet."""
        return Core(self._take, lambda: self._give_back(ONE))

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold one, and wait for it where there is none."""
        core = self.core()
        core.take()
        try:
            yield
        finally:
            core.give()

    def holding(self, work: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        """The same work, holding one."""

        def held(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            with self.one():
                return work(*args, **kwargs)

        return held

    @contextmanager
    def borrowed(self, most: int, *, or_all: bool = False) -> Iterator[int]:
        """Borrow idle ones, beside the one that is held: up to `most`, and with `or_all` all of
        them where no other job has one. How many; it never waits.
        """
        others = self.count - ONE
        with self._changed:
            idle = max(0, self._free - self._waiting)
            lent = others if or_all and idle >= others else min(idle, most)
            self._free -= lent
        try:
            yield lent
        finally:
            self._give_back(lent)

    def _take(self) -> None:
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: self._free)
            finally:
                self._waiting -= 1
            self._free -= ONE

    def _give_back(self, count: int) -> None:
        with self._changed:
            self._free += count
            self._changed.notify(count)


class Core:
    """One of them, for one thread at a time."""

    def __init__(self, take: Callable[[], None], give: Callable[[], None]) -> None:
        self._take, self._give = take, give
        self._held = False

    def take(self) -> None:
        """Wait for it; where it is held, nothing happens."""
        if not self._held:
            self._take()
            self._held = True

    def give(self) -> None:
        """Give it back; where it is not held, nothing happens."""
        if self._held:
            self._held = False
            self._give()
