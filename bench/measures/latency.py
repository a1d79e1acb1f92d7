"""Seconds by engine, length and number of threads, all in turn, and the memory that they take.

The longest audio comes first, when a worker has done nothing else: the memory is that of one such
request.
"""

import logging
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.inputs import input_of
from bench.measures.crew import crew, loaded, size_mb
from bench.plan import AT_SEC, BASE, Engine, Plan
from bench.turns import Reply, Turns, ratio, spread, take_turns
from bench.workers.worker import Worker

logger = logging.getLogger(__name__)

Figures = dict[str, Any]


def latency(
    plan: Plan, engines: tuple[Engine, ...], models: object, bundle: Path, threads: int
) -> Figures:
    """For each engine: what it says of its load, memory, and a row a length.

    bundle: whose features the engines are fed. What is longer than what all hear is heard by a crew
    of its own: two at a time would not fit 24 GB.
    """
    lengths = plan.lengths(threads)
    found: dict[str, Figures] = {}
    failures: dict[str, str] = {}
    for part in (_within(lengths, 0, AT_SEC), _within(lengths, AT_SEC, sys.maxsize)):
        if part:
            able = tuple(engine for engine in engines if engine.up_to_sec >= max(part))
            remember = max(part) == max(lengths)
            with crew(plan, able, models, threads) as gathered:
                failures |= gathered.failures
                for engine in able:
                    if engine.name in gathered.workers:
                        row = found.setdefault(engine.name, {"lengths": {}, "memory": {}})
                        row |= loaded(gathered.workers[engine.name])
                        row["size_mb"] = size_mb(getattr(models, engine.form))
                folder = plan.folder / "inputs" / bundle.parent.parent.name
                turns = _Lengths(plan, bundle, folder, threads)
                failures |= turns.hear(part, gathered.workers, found, remember=remember)
    return {
        "threads": threads,
        "longest_sec": max(lengths),
        "engines": found,
        "failures": failures,
    }


def _within(lengths: Iterable[int], above: int, up_to: int) -> tuple[int, ...]:
    """The longest first."""
    return tuple(sorted((one for one in lengths if above < one <= up_to), reverse=True))


@dataclass(frozen=True)
class _Lengths:
    """Turns of a crew, length by length; inputs are kept in `folder`."""

    plan: Plan
    bundle: Path  # whose features the engines are fed
    folder: Path
    threads: int

    def hear(
        self,
        lengths: tuple[int, ...],
        workers: Mapping[str, Worker],
        found: dict[str, Figures],
        *,
        remember: bool,
    ) -> dict[str, str]:
        """Rows of `found`; returns failures. remember: the memory after the very first request."""
        failures: dict[str, str] = {}
        for seconds in lengths:

            def noted(name: str, _: Reply, seconds: int = seconds) -> None:
                memory = found[name]["memory"]
                if remember and seconds == lengths[0] and not memory:
                    memory |= workers[name].ask({"do": "memory"}, self.plan.ask_sec)

            request = {"do": "run", "input": str(input_of(self.bundle, self.folder, seconds))}
            turns = take_turns(
                workers,
                request,
                self.plan.rounds[seconds],
                self.plan.ask_sec,
                noted,
                warm=AT_SEC < seconds < lengths[0],  # what is shorter than that varies more
            )
            failures |= turns.failures
            self._tell(seconds, turns, found)
        return failures

    def _tell(self, seconds: int, turns: Turns, found: dict[str, Figures]) -> None:
        base = turns.median(BASE)
        for name in turns.replies:
            row = found[name]["lengths"][str(seconds)] = spread(turns.seconds(name))
            speed = ratio(base, turns.median(name))
            if speed is not None:
                row["times_fp32"] = speed
            told = (self.threads, seconds, name, row["median_sec"])
            logger.info("%d thread(s), %d s, %s: %.3f s", *told)
