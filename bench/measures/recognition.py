"""From a file to its text: the conformer against the recognisers that open the same bundle."""

from typing import Any

from bench.inputs import file_of
from bench.measures.crew import crew
from bench.plan import FILES, Plan
from bench.turns import spread, take_turns


def recognition(plan: Plan, models: object, threads: int) -> dict[str, Any]:
    """Seconds by engine and length: decoding, features, inference, search."""
    found: dict[str, Any] = {}
    with crew(plan, FILES, models, threads) as gathered:
        failures = dict(gathered.failures)
        for name, worker in gathered.workers.items():
            found[name] = {"facts": worker.loaded["facts"], "lengths": {}}
        for seconds in plan.lengths(threads):
            request = {"do": "run", "input": str(file_of(plan.folder / "inputs", seconds))}
            turns = take_turns(gathered.workers, request, plan.rounds[seconds], plan.ask_sec)
            failures |= turns.failures
            for name in turns.replies:
                found[name]["lengths"][str(seconds)] = spread(turns.seconds(name))
    return {"threads": threads, "engines": found, "failures": failures}
