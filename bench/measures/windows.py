"""A minute in one request, against windows of ten seconds alone, and the memory that it takes."""

import statistics
from pathlib import Path
from typing import Any, Final

from bench.inputs import RATE, file_of
from bench.measures.crew import started
from bench.plan import AT_SEC, Engine, Plan
from bench.workers.worker import Worker

LONG_SEC: Final = 60
ROUNDS: Final = 9
CALLS: Final = 3  # of the window, a turn


REQUEST: Final = Engine("request", "service", "", own=True)
MAPPED: Final = Engine("request, mapped", "service", "", own=True, options={"prepared": True})


def windows(plan: Plan, bundle: Path, prepared: Path) -> dict[str, Any]:
    """Seconds of the request, of one window of ten seconds, and how much audio was heard; and the
    megabytes of the first request, with private weights and with `prepared`, whose are mapped.

    The stated context is what the windows hear beyond the minute. What is expected is the cost of
    as many seconds, in windows of ten.
    """
    inputs = plan.folder / "inputs"
    mapped = memory_of_first(plan, started(plan, MAPPED, prepared, 1), inputs)
    private = memory_of_first(plan, started(plan, REQUEST, bundle, 1), inputs)
    # In one process: where its weights lie can make it slower than another by a tenth.
    with started(plan, REQUEST, bundle, 1) as worker:
        long = {"do": "run", "input": str(file_of(inputs, LONG_SEC))}
        short = {"do": "run", "input": str(file_of(inputs, AT_SEC)), "times": CALLS}
        for task in (long, short):
            worker.ask(task, plan.ask_sec)  # the first is not counted
        seconds: dict[str, list[float]] = {"request": [], "window": []}
        heard: list[int] = []
        for _ in range(ROUNDS):
            reply = worker.ask(long, plan.ask_sec)
            seconds["request"].append(reply["seconds"])
            heard = reply["heard"]
            seconds["window"].append(worker.ask(short, plan.ask_sec)["seconds"])
    return {**summed(seconds, heard), "memory": {"private": private, "mapped": mapped}}


def memory_of_first(plan: Plan, worker: Worker, inputs: Path) -> dict[str, Any]:
    """Megabytes of a worker that has heard one minute and nothing else."""
    with worker:
        worker.ask({"do": "run", "input": str(file_of(inputs, LONG_SEC))}, plan.ask_sec)
        return dict(worker.ask({"do": "memory"}, plan.ask_sec))


def summed(seconds: dict[str, list[float]], heard: list[int]) -> dict[str, Any]:
    """The figures. heard: samples of each window that the request was heard in."""
    whole = statistics.median(seconds["request"])
    part = statistics.median(seconds["window"])
    heard_sec = sum(heard) / RATE
    expected = part * heard_sec / AT_SEC
    return {
        "request_sec": whole,
        "window_sec": part,
        "windows": len(heard),
        "heard_sec": heard_sec,
        "context_sec": heard_sec - LONG_SEC,
        "expected_sec": expected,
        "times_expected": whole / expected,
        "times_six_windows": whole / (LONG_SEC / AT_SEC * part),
    }
