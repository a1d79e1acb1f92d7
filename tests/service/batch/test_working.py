"""Threads share the work, and stop when they are told to."""

import threading
from contextlib import closing

import pytest

from service.batch.task import Facts, Outcome, Task, Tell
from service.batch.working import AHEAD, Stopped, Workers

FACTS = Facts(1.0, "m", 1, ())


def tasks(count: int) -> list[Task]:
    return [Task(f"{number}.wav", str(number), None) for number in range(count)]


def answered(task: Task, _: Tell) -> Outcome:
    return Outcome({".txt": task.name.encode()}, FACTS)


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_task_ends_once(jobs: int) -> None:
    """With what was made of it; one alone keeps the order."""
    with closing(Workers(answered, jobs)) as workers:
        ended = [one for one in workers.ended(tasks(20)) if one is not None]
    assert all(outcome == answered(task, lambda *_: None) for task, outcome in ended)
    names = [task.name for task, _ in ended]
    assert sorted(names, key=int) == [str(number) for number in range(20)]
    assert jobs > 1 or names == sorted(names, key=int)


def test_a_task_that_fails_takes_no_other_with_it() -> None:
    """It ends with what went wrong."""

    def work(task: Task, tell: Tell) -> Outcome:
        if task.name == "1":
            raise ValueError("no")
        return answered(task, tell)

    with closing(Workers(work, 1)) as workers:
        ended = {task.name: made for task, made in filter(None, workers.ended(tasks(3)))}
    assert isinstance(ended["1"], ValueError)
    assert isinstance(ended["2"], Outcome)


def test_tasks_are_asked_for_as_they_are_needed() -> None:
    """There may be more than memory holds."""
    asked = []

    def endless() -> None:
        for task in tasks(100):
            asked.append(task)
            yield task

    with closing(Workers(answered, 2)) as workers:
        ended = workers.ended(endless())
        next(filter(None, ended))
        assert len(asked) <= 2 * AHEAD


def test_closing_stops_what_runs_and_drops_what_waits() -> None:
    """What runs is stopped when it next tells how far it is."""
    begun, closing_now = threading.Event(), threading.Event()
    stopped = []

    def work(task: Task, tell: Tell) -> Outcome:
        tell(1.0, 4.0)
        begun.set()
        closing_now.wait()
        try:
            while True:  # until it is stopped
                tell(2.0, 4.0)
        except Stopped:
            stopped.append(task.name)
            raise

    workers = Workers(work, 1)
    ended = workers.ended(tasks(5))
    waiting = threading.Thread(target=next, args=(ended,))  # gets None, as nothing ends
    waiting.start()
    begun.wait()
    assert workers.begun == 0.25
    waiting.join()
    closing_now.set()
    workers.close()
    assert stopped == ["0"]
    assert workers.begun == 0.0
