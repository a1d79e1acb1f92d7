"""Where the time goes: by operator, from ONNX Runtime's profiler."""

from pathlib import Path
from typing import Any

from bench.inputs import input_of
from bench.measures.crew import crew
from bench.plan import AT_SEC, BASE, OWN, STOCK, Plan
from bench.workers.worker import WorkerFailed


def operators(plan: Plan, models: object, bundle: Path) -> dict[str, Any]:
    """Milliseconds by engine and operator for ten seconds of audio on one thread."""
    folder = plan.folder / "inputs" / bundle.parent.parent.name
    request = {"do": "operators", "input": str(input_of(bundle, folder, AT_SEC))}
    found: dict[str, dict[str, float]] = {}
    with crew(plan, plan.only(BASE, STOCK, OWN), models, 1) as gathered:
        failures = dict(gathered.failures)
        for name, worker in gathered.workers.items():
            try:
                spent = worker.ask(request, plan.ask_sec)["operators"]
            except WorkerFailed as failed:
                failures[name] = str(failed)
                continue
            found[name] = {operator: micro / 1000 for operator, micro in spent.items()}
    return {"audio_sec": AT_SEC, "milliseconds": found, "failures": failures}
