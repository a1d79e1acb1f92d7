"""Seconds of audio a second, by the number of clients of one shared session of one thread each."""

import statistics
from pathlib import Path
from typing import Any, Final

from bench.inputs import input_of
from bench.measures.crew import crew
from bench.plan import AT_SEC, Plan
from bench.turns import take_turns

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
    found: dict[str, dict[str, float]] = {}
    with crew(plan, plan.only(*plan.crowded), models, UNPINNED) as gathered:
        for count in plan.clients:
            requests = max(count, min(MOST, REQUESTS * count))
            request = {"do": "clients", "input": audio, "clients": count, "requests": requests}
            turns = take_turns(gathered.workers, request, ROUNDS, plan.ask_sec)
            for name, replies in turns.replies.items():
                seconds = statistics.median(reply["seconds"] for reply in replies)
                found.setdefault(name, {})[str(count)] = AT_SEC / seconds
        failures = dict(gathered.failures)
    return {"audio_sec": AT_SEC, "audio_sec_per_sec": found, "failures": failures}
