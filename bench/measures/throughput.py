"""Seconds of audio a second, by the number of clients of one shared session of one thread each."""

import statistics
from pathlib import Path
from typing import Any, Final

from bench.inputs import input_of
from bench.measures.crew import crew
from bench.plan import AT_SEC, Plan
from bench.turns import take_turns
from bench.workers.worker import Worker, WorkerFailed

UNPINNED: Final = 0  # threads: sessions of one thread, clients on all CPUs
ROUNDS: Final = 3
REQUESTS: Final = 4  # a client's, but for the many
MOST: Final = 16  # requests of a turn


def throughput(plan: Plan, models: object, bundle: Path) -> dict[str, Any]:
    """By engine and number of clients. One client of a session of one thread keeps one core busy.

    Requests are shared among the clients, as many for each; the engines take turns.
    """
    folder = plan.folder / "inputs" / bundle.parent.parent.name
    audio = str(input_of(bundle, folder, AT_SEC))
    found: dict[str, dict[str, list[float]]] = {}
    with crew(plan, plan.only(*plan.crowded), models, UNPINNED) as gathered:
        warm_up = {"do": "run", "input": audio}
        failures = (
            gathered.failures | take_turns(gathered.workers, warm_up, 0, plan.ask_sec).failures
        )
        # The counts take turns, too: what is told is one's throughput over another's.
        for _ in range(ROUNDS):
            for count in plan.clients:
                for name, worker in gathered.workers.items():
                    if name not in failures:
                        try:
                            seconds = one_turn(worker, audio, count, plan.ask_sec)
                        except WorkerFailed as failed:
                            failures[name] = str(failed)
                            continue
                        found.setdefault(name, {}).setdefault(str(count), []).append(seconds)
    rates = {
        name: {count: AT_SEC / statistics.median(turns) for count, turns in counts.items()}
        for name, counts in found.items()
    }
    return {"audio_sec": AT_SEC, "audio_sec_per_sec": rates, "failures": failures}


def one_turn(worker: Worker, audio: str, count: int, timeout_sec: float) -> float:
    """Seconds a request, of all that so many clients make. Raises WorkerFailed."""
    requests = max(count, min(MOST, REQUESTS * count))
    request = {"do": "clients", "input": audio, "clients": count, "requests": requests}
    return float(worker.ask(request, timeout_sec)["seconds"])
