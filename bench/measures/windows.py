"""A minute in one request, against windows of ten seconds alone."""

from pathlib import Path
from typing import Any, Final

from bench.inputs import RATE, file_of, input_of
from bench.measures.crew import started
from bench.plan import AT_SEC, Engine, Plan
from bench.turns import take_turns

LONG_SEC: Final = 60
ROUNDS: Final = 5


def windows(plan: Plan, bundle: Path) -> dict[str, Any]:
    """Seconds of the request, of one window of ten seconds, and how much audio was heard.

    The stated context is what the windows hear beyond the minute. What is expected is the cost of
    as many seconds, in windows of ten.
    """
    inputs = plan.folder / "inputs"
    folder = inputs / bundle.parent.parent.name
    request = started(plan, Engine("request", "service", "", own=True), bundle, 1)
    window = started(plan, Engine("window", "ours", "", own=True), bundle, 1)
    with request, window:
        asked = {"request": request}, {"window": window}
        long = {"do": "run", "input": str(file_of(inputs, LONG_SEC))}
        short = {"do": "run", "input": str(input_of(bundle, folder, AT_SEC)), "times": 3}
        seconds: dict[str, list[float]] = {"request": [], "window": []}
        heard: list[int] = []
        for _ in range(ROUNDS):
            for workers, task in zip(asked, (long, short), strict=True):
                turns = take_turns(workers, task, 1, plan.ask_sec)
                for name, replies in turns.replies.items():
                    seconds[name] += [reply["seconds"] for reply in replies]
                    heard = replies[0].get("heard", heard)
    return summed(seconds, heard)


def summed(seconds: dict[str, list[float]], heard: list[int]) -> dict[str, Any]:
    """The figures. heard: samples of each window that the request was heard in."""
    request, window = sorted(seconds["request"]), sorted(seconds["window"])
    whole, part = request[len(request) // 2], window[len(window) // 2]
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
