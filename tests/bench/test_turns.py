"""Workers that take turns, in processes of their own."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.turns import ratio, spread, take_turns
from bench.workers.worker import Worker, WorkerFailed

FAKE = {"threads": 1}
LONG = 60.0  # seconds that no test takes
SHORT = 0.2  # seconds within which no answer comes


def fake(**options: object) -> Worker:
    command = [sys.executable, "-m", "tests.bench.fake_worker", json.dumps({**FAKE, **options})]
    return Worker(command, LONG)


def run(name: str, times: int = 1) -> dict[str, object]:
    return {"do": "run", "input": name, "times": times}


@pytest.fixture
def worker() -> Iterator[Worker]:
    with fake() as one:
        yield one


def test_a_worker_tells_of_its_load_and_answers(worker: Worker) -> None:
    """Load time, memory and versions first; then seconds, and the engine's own facts."""
    assert worker.loaded["facts"] == {"fake": "1.0"}
    assert worker.loaded["load_sec"] >= 0
    assert 0 < worker.loaded["private_mb"] <= worker.loaded["rss_mb"] <= worker.loaded["peak_mb"]
    reply = worker.ask(run("four", times=3), LONG)
    assert reply["frames"] == 4
    assert len(reply["each_sec"]) == 3
    assert min(reply["each_sec"]) <= reply["seconds"] <= max(reply["each_sec"])
    assert worker.ask({"do": "operators", "input": "four"}, LONG) == {"operators": {"MatMul": 4.0}}


def test_what_a_library_prints_is_no_answer(worker: Worker) -> None:
    """Standard output is not where replies go."""
    assert worker.ask(run("print"), LONG)["frames"] == len("print")
    assert worker.ask(run("on"), LONG)["frames"] == 2


def test_clients_share_one_engine(worker: Worker) -> None:
    """Seconds are those of one of all requests."""
    reply = worker.ask({"do": "clients", "input": "x", "clients": 3, "requests": 7}, LONG)
    assert reply["requests"] == 7
    assert reply["seconds"] > 0


def test_the_peak_of_memory_is_the_requests(worker: Worker) -> None:
    """At least what is resident, and what a request held for a while."""
    before = worker.ask({"do": "memory"}, LONG)
    worker.ask(run("fill"), LONG)
    after = worker.ask({"do": "memory"}, LONG)
    assert before["peak_mb"] >= before["rss_mb"]
    assert after["peak_mb"] - before["peak_mb"] > 90


def test_an_error_of_the_engine_is_told_and_the_worker_goes_on(worker: Worker) -> None:
    """Its class and its message; the next request is answered."""
    with pytest.raises(WorkerFailed, match="ValueError: expected better, got worse"):
        worker.ask(run("raise"), LONG)
    assert worker.ask(run("on"), LONG)["frames"] == 2


def test_a_worker_that_dies_is_told_of_with_its_last_words(worker: Worker) -> None:
    """Status and the last line of its errors; to ask it again fails as well."""
    with pytest.raises(WorkerFailed, match="ended with status 3: the fake engine died"):
        worker.ask(run("die"), LONG)
    assert not worker.alive
    with pytest.raises(WorkerFailed, match="ended with status 3"):
        worker.ask(run("on"), LONG)


def test_a_worker_that_hangs_is_ended(worker: Worker) -> None:
    """It is asked no more, and its process is gone when it is closed."""
    with pytest.raises(WorkerFailed, match=r"no answer within 0\.2 s"):
        worker.ask(run("hang"), SHORT)
    worker.close()
    assert not worker.alive


def test_an_engine_that_does_not_load_is_told_of() -> None:
    """The error that loading it raised."""
    with pytest.raises(WorkerFailed, match="RuntimeError: no such weights"):
        fake(load_error="no such weights")


def test_an_engine_that_nobody_knows_is_told_of() -> None:
    """Its name."""
    with pytest.raises(WorkerFailed, match="KeyError: 'unheard-of'"):
        Worker.of(Path(sys.executable), {**FAKE, "kind": "unheard-of"}, LONG)


def test_turns_go_on_without_one_that_fails() -> None:
    """The first round is not counted; a failure is kept; the others have all their turns."""
    seen = []
    with ExitStack() as stack:
        workers = {name: stack.enter_context(fake()) for name in "ab"}
        workers["b"].close()
        dead = dict(workers)
        turns = take_turns(dead, run("x"), 3, LONG, lambda name, _: seen.append(name))
    assert seen == ["a"] * 4
    assert len(turns.seconds("a")) == 3
    assert turns.median("a") == sorted(turns.seconds("a"))[1]
    assert turns.median("b") is None


def test_turns_alternate() -> None:
    """A B A B, not A A B B."""
    seen = []
    with fake() as one, fake() as other:
        workers = {"a": one, "b": other}
        turns = take_turns(workers, run("x"), 1, LONG, lambda name, _: seen.append(name))
        failing = take_turns(workers, run("raise"), 1, LONG)
    assert seen == ["a", "b", "a", "b"]
    assert turns.failures == {}
    assert set(failing.failures) == {"a", "b"}
    assert failing.replies == {}


def test_a_figure_tells_of_its_turns() -> None:
    """Median, extremes and count; a ratio only of what there is."""
    assert spread([3.0, 1.0, 2.0]) == {
        "median_sec": 2.0,
        "min_sec": 1.0,
        "max_sec": 3.0,
        "turns": 3,
    }
    assert ratio(3.0, 1.5) == 2.0
    assert ratio(None, 1.5) is None
    assert ratio(3.0, None) is None
