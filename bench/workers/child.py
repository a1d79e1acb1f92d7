"""A worker: python -m bench.workers.child ENGINE, an engine's description in JSON.

Loads the engine, then answers a request a line. Only numpy and the engine's own packages are
needed. What libraries print goes to standard error; replies alone go to standard output.

    {"do": "run", "input": FILE, "times": 1}     seconds (the median), each_sec, and facts
    {"do": "clients", "input": FILE, "clients": 4, "requests": 8}
    {"do": "operators", "input": FILE}           microseconds by operator
    {"do": "memory"}                             MB resident, private, peak since it was loaded
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from bench.peers.engine import Engine
from bench.peers.engines import Loader, find
from bench.workers.memory import memory, reset_peak

Reply = dict[str, Any]
Finder = Callable[[Mapping[str, Any]], Loader]


def main(description: str, finder: Finder = find) -> int:
    """Answer until there are no more requests."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as replies:
        os.dup2(2, 1)
        answers = _answers(json.loads(description), finder)
        for answer in answers:
            replies.write(f"{json.dumps(answer)}\n")
            replies.flush()
    return 0


def _answers(description: Mapping[str, Any], finder: Finder) -> Iterator[Reply]:
    pin(description["threads"])
    try:
        loader = finder(description)
        began = time.perf_counter()
        engine = loader(description)
        load_sec = time.perf_counter() - began
    except Exception as error:  # noqa: BLE001  # whatever a peer raises is its result
        yield {"failed": told(error)}
        return
    yield {"load_sec": load_sec, "facts": engine.facts, **memory()}
    reset_peak()  # from here on, the requests'
    for line in sys.stdin:
        request = json.loads(line)
        try:
            yield TASKS[request["do"]](engine, request)
        except Exception as error:  # noqa: BLE001  # whatever a peer raises is its result
            yield {"failed": told(error)}


def pin(threads: int) -> None:
    """Onto as many CPUs as it has threads, the last ones; 0: no limit."""
    if threads and hasattr(os, "sched_setaffinity"):
        usable = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, usable[-threads:])


def told(error: Exception) -> str:
    """An error in one line."""
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"


def run(engine: Engine, request: Mapping[str, Any]) -> Reply:
    """One input, so many times."""
    prepared = engine.prepare(request["input"])
    each: list[float] = []
    facts: Reply = {}
    cpu = time.process_time()
    for _ in range(request.get("times", 1)):
        began = time.perf_counter()
        facts = engine.run(prepared)
        each.append(time.perf_counter() - began)
    cpu = (time.process_time() - cpu) / len(each)
    return {"seconds": statistics.median(each), "each_sec": each, "cpu_sec": cpu, **facts}


def clients(engine: Engine, request: Mapping[str, Any]) -> Reply:
    """So many requests by so many threads over the one engine."""
    prepared = engine.prepare(request["input"])
    with ThreadPoolExecutor(request["clients"]) as pool:
        began = time.perf_counter()
        done = list(pool.map(lambda _: engine.run(prepared), range(request["requests"])))
        seconds = time.perf_counter() - began
    return {"seconds": seconds / len(done), "requests": len(done)}


def operators(engine: Engine, request: Mapping[str, Any]) -> Reply:
    """Time by operator of one pass."""
    return {"operators": engine.operators(engine.prepare(request["input"]))}


def remembered(_: Engine, __: Mapping[str, Any]) -> Reply:
    """Memory; what loading took at its peak is not the requests'."""
    return dict(memory())


TASKS: Final[dict[str, Callable[[Engine, Mapping[str, Any]], Reply]]] = {
    "run": run,
    "clients": clients,
    "operators": operators,
    "memory": remembered,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
