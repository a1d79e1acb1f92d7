"""The machine's own limit: the rate of its matrix products, in the same run as the models."""

import statistics
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.models.cache import made
from bench.models.products import SIZES, TYPES, write_products
from bench.plan import Engine, Plan
from bench.turns import take_turns
from bench.workers.worker import Worker

CALLS: Final = 5  # a turn
ROUNDS: Final = 3


def limits(plan: Plan, threads: int) -> dict[str, Any]:
    """By type: operations a second of each size, the median over all calls, and the largest."""
    found: dict[str, Any] = {"threads": threads}
    workers: dict[str, Worker] = {}
    try:
        for kind in TYPES:
            folder = plan.folder / "products" / kind
            folder.parent.mkdir(parents=True, exist_ok=True)
            graphs: Path = made(folder, partial(write_products, kind))
            engine = Engine(kind, "gemm", "", own=True, options={"type": kind})
            description = engine.description(graphs, threads)
            workers[kind] = Worker.of(plan.interpreter(engine), description, plan.load_sec)
        rates: dict[str, dict[str, float]] = {kind: {} for kind in workers}
        for sizes in SIZES:
            size = "x".join(map(str, sizes))
            request = {"do": "run", "input": size, "times": CALLS}
            turns = take_turns(workers, request, ROUNDS, plan.ask_sec)
            for kind, replies in turns.replies.items():
                seconds = [second for reply in replies for second in reply["each_sec"]]
                rates[kind][size] = replies[0]["operations"] / statistics.median(seconds)
        for kind, by_size in rates.items():
            gops = {size: rate / 1e9 for size, rate in by_size.items()}
            found[kind] = {"sizes_gops": gops, "peak_gops": max(gops.values())}
    finally:
        for worker in workers.values():
            worker.close()
    return found
