"""The pool refuses what it cannot hold and drops what nobody waits for."""

import asyncio
import contextvars
import gc
import threading
from collections.abc import Iterator

import pytest

from service.errors import Overloaded
from service.ops.pool import Pool


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(workers=1, max_queue=1)
    yield pool
    pool.close()


def test_a_full_queue_refuses_at_once_and_says_when_to_come_back(pool: Pool) -> None:
    """One runs, one waits, the third is Overloaded; later there is room again."""
    release = threading.Event()

    async def scenario() -> None:
        running = asyncio.create_task(pool.run(lambda _: release.wait()))
        waiting = asyncio.create_task(pool.run(lambda _: "second"))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded) as caught:
            await pool.run(lambda _: "third")
        assert caught.value.facts["retry_after_sec"] >= 1
        release.set()
        assert await waiting == "second"
        assert await running is True
        assert await pool.run(lambda _: "fourth") == "fourth"
        assert pool.admitted == 0

    asyncio.run(scenario())


def test_cancelled_work_that_has_not_begun_is_dropped(pool: Pool) -> None:
    """A client that leaves while it waits costs nothing and frees its place."""
    release, began = threading.Event(), threading.Event()

    async def scenario() -> None:
        running = asyncio.create_task(pool.run(lambda _: release.wait()))
        waiting = asyncio.create_task(pool.run(lambda _: began.set()))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert pool.admitted == 1
        release.set()
        await running

    asyncio.run(scenario())
    assert not began.is_set()


def test_cancelled_work_that_has_begun_is_waited_for(pool: Pool) -> None:
    """Its upload stays open until the thread is done with it."""
    began, release, ended = threading.Event(), threading.Event(), threading.Event()

    def work(_: float) -> None:
        began.set()
        release.wait()
        ended.set()

    async def scenario() -> None:
        running = asyncio.create_task(pool.run(work))
        await asyncio.to_thread(began.wait)
        running.cancel()
        asyncio.get_running_loop().call_later(0.01, release.set)
        with pytest.raises(asyncio.CancelledError):
            await running
        assert ended.is_set()

    asyncio.run(scenario())


def test_cancelled_work_that_fails_is_no_news(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    """Work that stops because nobody waits for it any more leaves no complaint in the log."""
    began, release = threading.Event(), threading.Event()

    def work(_: float) -> None:
        began.set()
        release.wait()
        raise ValueError("stopped")

    async def scenario() -> None:
        running = asyncio.create_task(pool.run(work))
        await asyncio.to_thread(began.wait)
        running.cancel()
        asyncio.get_running_loop().call_later(0.01, release.set)
        with pytest.raises(asyncio.CancelledError):
            await running
        assert pool.admitted == 0

    asyncio.run(scenario())
    gc.collect()  # asyncio complains when the future goes
    assert caplog.records == []


def test_errors_of_the_work_reach_the_caller(pool: Pool) -> None:
    """An exception in the thread is raised where the result is awaited."""

    def work(_: float) -> None:
        raise ValueError("from the thread")

    with pytest.raises(ValueError, match="from the thread"):
        asyncio.run(pool.run(work))
    assert pool.admitted == 0


def test_a_job_finds_the_callers_context_and_its_wait_is_told() -> None:
    """What a request knows is known in its thread, and the wait is told once, when it begins."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    waits: list[float] = []
    pool = Pool(1, 1, waits.append)

    async def scenario() -> tuple[str, float]:
        variable.set("mine")
        return await pool.run(lambda waited: (variable.get(), waited))

    found, waited = asyncio.run(scenario())
    pool.close()
    assert found == "mine"
    assert waits == [waited]


def test_the_pool_tells_what_runs_and_what_waits(pool: Pool) -> None:
    """As many run as there are workers, the others wait."""
    release = threading.Event()

    async def scenario() -> None:
        assert (pool.running, pool.waiting) == (0, 0)
        jobs = [asyncio.create_task(pool.run(lambda _: release.wait())) for _ in range(2)]
        await asyncio.sleep(0)
        assert (pool.running, pool.waiting) == (1, 1)
        release.set()
        await asyncio.gather(*jobs)

    asyncio.run(scenario())
