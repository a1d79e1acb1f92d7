"""Seconds by engine, length and number of threads, all in turn, and the memory that they take.

The longest audio comes first, when a worker has done nothing else: the memory is that of one such
request.
"""

import logging
from pathlib import Path
from typing import Any

from bench.inputs import input_of
from bench.measures.crew import crew, loaded, size_mb
from bench.plan import BASE, Engine, Plan
from bench.turns import Reply, ratio, spread, take_turns

logger = logging.getLogger(__name__)

Figures = dict[str, Any]


def latency(
    plan: Plan, engines: tuple[Engine, ...], models: object, bundle: Path, threads: int
) -> Figures:
    """For each engine: what it says of its load, memory, and a row a length.

    bundle: whose features the engines are fed.
    """
    folder = plan.folder / "inputs" / bundle.parent.parent.name
    with crew(plan, engines, models, threads) as gathered:
        found: dict[str, Figures] = {
            name: {**loaded(worker), "lengths": {}, "memory": {}}
            for name, worker in gathered.workers.items()
        }
        for engine in engines:
            if engine.name in found:
                found[engine.name]["size_mb"] = size_mb(getattr(models, engine.form))
        failures = dict(gathered.failures)
        lengths = plan.lengths(threads)
        longest = max(lengths)
        for seconds in sorted(lengths, reverse=True):
            request = {"do": "run", "input": str(input_of(bundle, folder, seconds))}

            def remember(name: str, _: Reply, seconds: int = seconds) -> None:
                memory = found[name]["memory"]
                if seconds == longest and not memory:  # the very first request
                    worker = gathered.workers[name]
                    memory |= worker.ask({"do": "memory"}, plan.ask_sec)

            short = {engine.name for engine in engines if engine.up_to_sec < seconds}
            workers = {name: one for name, one in gathered.workers.items() if name not in short}
            turns = take_turns(workers, request, plan.rounds[seconds], plan.ask_sec, remember)
            failures |= turns.failures
            base = turns.median(BASE)
            for name in gathered.workers:
                if turns.seconds(name):
                    row = found[name]["lengths"][str(seconds)] = spread(turns.seconds(name))
                    speed = ratio(base, turns.median(name))
                    if speed is not None:
                        row["times_fp32"] = speed
                    logger.info(
                        "%d thread(s), %d s, %s: %.3f s", threads, seconds, name, row["median_sec"]
                    )
    return {"threads": threads, "longest_sec": longest, "engines": found, "failures": failures}
