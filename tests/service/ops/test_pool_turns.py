"""Long jobs let others go first between windows, and whatever ends a job frees what it had."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from service.admission.gates import Gates
from service.errors import DeadlineExceeded, Stopping
from service.ops.cores import Cores
from service.ops.pool import Pool
from service.stages import Stages

WAIT_SEC = 30.0
LONG_SEC, SHORT_SEC = 1000.0, 1.0  # of audio


def pool_of(workers: int = 1, cores: Cores | None = None) -> Pool:
    return Pool(workers, 50, cores=cores, gates=Gates(workers, 50), least_turn_sec=0.0)


def run(pool: Pool, scenario: Callable[[], Awaitable[None]]) -> None:
    """And nothing is left when it has ended."""

    async def whole() -> None:
        await asyncio.wait_for(scenario(), WAIT_SEC)

    try:
        asyncio.run(whole())
        assert (pool.admitted, pool.running, pool.waiting, pool.aside) == (0, 0, 0, 0)
        assert pool.gates.audio_sec == {}
    finally:
        pool.close()


async def heard(
    pool: Pool, audio_sec: float, job: Callable[[Callable[[], None]], object], **known: object
) -> object:
    """What `job` answers; it is given what it calls after each window."""
    with pool.gates.place(**known) as admitted:  # type: ignore[arg-type]  # as `enter` has it
        pool.gates.weigh(admitted, ["he"], audio_sec)
        return await pool.run(lambda _: job(lambda: pool.breathe(admitted)), admitted)


async def until_one_waits(pool: Pool) -> None:
    while not pool.waiting:  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0)


def test_a_short_job_goes_first_at_the_next_window() -> None:
    """On the only core; the long one goes on where it was, and its wait is none of its stages."""
    cores = Cores(1)
    pool, order = pool_of(1, cores), list[str]()
    begun, come = threading.Event(), threading.Event()
    stages = Stages()

    def long(window_ended: Callable[[], None]) -> str:
        with stages.time("search"):
            begun.set()
            assert come.wait(WAIT_SEC)
            order.append("window 1")
            window_ended()
            order.append("window 2")
        return "long"

    def short(_: Callable[[], None]) -> str:
        assert (cores.held, pool.aside) == (1, 1)
        order.append("short")
        threading.Event().wait(0.2)
        return "short"

    async def scenario() -> None:
        first = asyncio.create_task(heard(pool, LONG_SEC, long))
        await asyncio.to_thread(begun.wait, WAIT_SEC)
        second = asyncio.create_task(heard(pool, SHORT_SEC, short))
        await until_one_waits(pool)
        come.set()
        assert await second == "short"
        assert await first == "long"

    run(pool, scenario)
    assert order == ["window 1", "short", "window 2"]
    assert stages.seconds["search"] < 0.2
    assert cores.held == 0


def test_without_others_a_long_job_goes_on() -> None:
    """It never leaves its core."""
    pool = pool_of()

    def long(window_ended: Callable[[], None]) -> None:
        for _ in range(100):
            window_ended()
            assert pool.running == 1

    async def scenario() -> None:
        await heard(pool, LONG_SEC, long)

    run(pool, scenario)


@pytest.mark.parametrize("ending", ["cancelled", "deadline", "stopping"])
def test_a_job_that_was_put_aside_can_be_ended(ending: str) -> None:
    """Its thread is let go while another has the core, and raises what ended it."""
    pool, release, entered = pool_of(), threading.Event(), threading.Event()
    raised: list[BaseException] = []
    begun, come = threading.Event(), threading.Event()

    def long(window_ended: Callable[[], None]) -> None:
        begun.set()
        come.wait(WAIT_SEC)
        try:
            window_ended()
        except BaseException as error:
            raised.append(error)
            raise

    def short(_: Callable[[], None]) -> None:
        entered.set()
        release.wait(WAIT_SEC)

    async def scenario() -> None:
        timeout_sec = 0.5 if ending == "deadline" else None
        first = asyncio.create_task(heard(pool, LONG_SEC, long, timeout_sec=timeout_sec))
        await asyncio.to_thread(begun.wait, WAIT_SEC)
        second = asyncio.create_task(heard(pool, SHORT_SEC, short))
        await until_one_waits(pool)
        come.set()
        await asyncio.to_thread(entered.wait, WAIT_SEC)
        if ending == "cancelled":
            first.cancel()
        elif ending == "stopping":
            (aside,) = (one for one in pool.gates.inside if one.audio_sec == LONG_SEC)
            pool.gates.hand_back(aside)
        kinds = {
            "cancelled": asyncio.CancelledError,
            "deadline": DeadlineExceeded,
            "stopping": Stopping,
        }
        with pytest.raises(kinds[ending]):
            await first
        assert len(raised) == 1
        assert not second.done()
        release.set()
        await second

    run(pool, scenario)


def test_a_job_whose_time_is_over_before_it_begins_never_does() -> None:
    """504 comes while another still works."""
    pool, release, began = pool_of(), threading.Event(), threading.Event()

    async def scenario() -> None:
        first = asyncio.create_task(heard(pool, SHORT_SEC, lambda _: release.wait(WAIT_SEC)))
        await asyncio.sleep(0)
        with pytest.raises(DeadlineExceeded) as caught:
            await heard(pool, SHORT_SEC, lambda _: began.set(), timeout_sec=0.2)
        assert caught.value.facts["stage"] == "queue"
        assert caught.value.facts["worked_sec"] == 0
        release.set()
        await first

    run(pool, scenario)
    assert not began.is_set()


def test_a_job_sees_its_deadline_at_the_next_window() -> None:
    """With what it has worked."""
    pool = pool_of()

    def long(window_ended: Callable[[], None]) -> None:
        while True:
            window_ended()

    async def scenario() -> None:
        with pytest.raises(DeadlineExceeded) as caught:
            await heard(pool, LONG_SEC, long, timeout_sec=0.2)
        assert caught.value.facts["stage"] == "work"
        assert caught.value.facts["worked_sec"] > 0.1

    run(pool, scenario)


def test_a_job_that_was_ended_before_its_thread_came_is_not_done() -> None:
    """Handed back between the order and the thread."""
    pool, began = pool_of(), threading.Event()

    async def scenario() -> None:
        with pool.gates.place() as admitted:
            pool.gates.hand_back(admitted)
            with pytest.raises(Stopping):
                await pool.run(lambda _: began.set(), admitted)

    run(pool, scenario)
    assert not began.is_set()


class _Crowd:
    """Clients of a pool that come, fail, give up and are handed back at random."""

    def __init__(self, pool: Pool, cores: Cores, seed: int) -> None:
        self._pool, self._cores = pool, cores
        self._rng = np.random.default_rng(seed)
        self.held = [0]

    def job(self, fails: bool, windows: int) -> Callable[[Callable[[], None]], None]:
        def job(window_ended: Callable[[], None]) -> None:
            for _ in range(windows):
                self.held.append(self._cores.held)
                with self._cores.borrowed(1):
                    threading.Event().wait(0.0005)
                window_ended()
            if fails:
                raise ValueError

        return job

    async def client(self) -> None:
        rng = self._rng
        audio_sec = float(rng.choice([1.0, 5.0, 100.0, 1000.0]))
        windows = 1 if audio_sec < 10 else int(rng.integers(2, 12))
        timeout_sec = rng.choice([None, None, 0.01, 0.05])
        name = str(rng.choice(list("abc")))
        job = self.job(bool(rng.random() < 0.2), windows)
        await asyncio.sleep(rng.random() * 0.3)
        work = heard(self._pool, audio_sec, job, client=name, timeout_sec=timeout_sec)
        task = asyncio.create_task(work)
        if rng.random() < 0.3:
            await asyncio.sleep(rng.random() * 0.05)
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def stopper(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0.02)
            for one in self._pool.gates.inside:
                if self._rng.random() < 0.1:
                    self._pool.gates.hand_back(one)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_however_jobs_end_nothing_is_left(workers: int, seed: int) -> None:
    """Answers, failures, deadlines, clients that go away and hand-backs, in any order."""
    cores = Cores(workers)
    gates = Gates(workers, 300, 1e9)
    pool = Pool(workers, 300, cores=cores, gates=gates, least_turn_sec=0.0)
    crowd = _Crowd(pool, cores, seed)

    async def scenario() -> None:
        await asyncio.gather(crowd.stopper(), *(crowd.client() for _ in range(120)))

    run(pool, scenario)
    assert cores.held == 0
    assert max(crowd.held) <= workers
