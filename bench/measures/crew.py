"""Workers for a set of engines, started together and ended together."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.models.cache import NotBuilt
from bench.plan import Engine, Plan
from bench.workers.worker import Worker, WorkerFailed

logger = logging.getLogger(__name__)


@dataclass
class Crew:
    """Those that are there, by name, and why the others are not."""

    workers: dict[str, Worker] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


@contextmanager
def crew(plan: Plan, engines: Sequence[Engine], models: object, threads: int) -> Iterator[Crew]:
    """A worker an engine, all loaded. models: gives the file of each engine's form."""
    with ExitStack() as stack:
        gathered = Crew()
        for engine in engines:
            try:
                model: Path = getattr(models, engine.form)
                worker = started(plan, engine, model, threads)
            except (NotBuilt, WorkerFailed) as failed:
                logger.warning("%s: %s", engine.name, failed)
                gathered.failures[engine.name] = str(failed)
                continue
            gathered.workers[engine.name] = stack.enter_context(worker)
        yield gathered


def started(plan: Plan, engine: Engine, model: Path, threads: int) -> Worker:
    """One worker, loaded. Raises WorkerFailed."""
    return Worker.of(plan.interpreter(engine), engine.description(model, threads), plan.load_sec)


def size_mb(path: Path) -> float:
    """Of a file, with the one of its weights, or of a folder."""
    files = path.rglob("*") if path.is_dir() else path.parent.glob(f"{path.stem}.*")
    total: int = sum(file.stat().st_size for file in files if file.is_file())
    return total / 1e6


def loaded(worker: Worker) -> dict[str, Any]:
    """What it said when it was loaded, in the figures' names."""
    said = worker.loaded
    return {
        "load_sec": said["load_sec"],
        "loaded_rss_mb": said["rss_mb"],
        "loaded_private_mb": said["private_mb"],
        "facts": said["facts"],
    }
