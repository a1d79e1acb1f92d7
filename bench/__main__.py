"""The inference benchmark: python -m bench, or python -m bench --quick.

Builds the models under build/bench where they are missing, measures, and writes a JSON file a
section. `python -m bench.report` makes docs/BENCHMARKS.md of them. Runs in the environment of
export, with the peers of requirements-peers.txt; the service's own code and ONNX Runtime run in
workers of the service's environment.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench import plan as plans
from bench.figures import write
from bench.hardware import hardware
from bench.measures.latency import latency
from bench.measures.limits import limits
from bench.measures.operators import operators
from bench.measures.recognition import recognition
from bench.measures.throughput import throughput
from bench.measures.windows import windows
from bench.models.cache import NotBuilt
from bench.models.conformer import ConformerModels
from bench.models.wav2vec2 import Wav2Vec2Models
from bench.shapes import SHAPES, XLS_R_300M, operations
from bench.workers.worker import WorkerFailed

FOLDER: Final = Path("build/bench")
RESULTS: Final = Path("bench/results")
PYTHON: Final = Path(".venv/bin/python")

logger = logging.getLogger("bench")
Section = Callable[[], Any]


def sections(plan: plans.Plan) -> dict[str, Section]:
    """By the name of their file."""
    models = Wav2Vec2Models(plan.folder, SHAPES[plan.shape])
    conformer = ConformerModels(plan.folder)
    found: dict[str, Section] = {
        "limits": lambda: [limits(plan, threads) for threads in plan.threads],
        "contest": lambda: timed(plan.contest(), models),
        "wav2vec2": lambda: timed(plan, models),
        "throughput": lambda: throughput(plan, models, models.ours),
        "operators": lambda: operators(plan, models, models.ours),
        "windows": lambda: windows(plan, models.ours, models.ours_prepared),
        "conformer": lambda: {
            "runs": [
                latency(plan, plans.CONFORMER, conformer, conformer.ours, threads)
                for threads in plan.threads
            ]
        },
        "recognition": lambda: [recognition(plan, conformer, threads) for threads in plan.threads],
    }
    return {name: found[name] for name in plan.sections}


def timed(plan: plans.Plan, models: Wav2Vec2Models) -> dict[str, Any]:
    """Of the plan's engines, at its lengths and numbers of threads."""
    return {
        "shape": plan.shape,
        "operations": {
            str(seconds): operations(models.shape, seconds * 16_000).total
            for seconds in plan.lengths_sec
        },
        "runs": [
            latency(plan, plan.engines, models, models.ours, threads) for threads in plan.threads
        ],
    }


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under five minutes; see bench.plan")
    parser.add_argument("--shape", choices=sorted(SHAPES), default=XLS_R_300M.name)
    parser.add_argument("--only", nargs="+", help="sections, by the names of their files")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="models (%(default)s)")
    parser.add_argument("--results", type=Path, help=f"({RESULTS}, or build/bench/quick)")
    parser.add_argument("--python", type=Path, default=PYTHON, help="the service's (%(default)s)")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    os.environ["HF_HUB_OFFLINE"] = "1"  # everything is built here
    make = plans.quick if options.quick else plans.full
    # Not resolved: a virtual environment's interpreter is a link, whose place says what it is.
    plan = make(options.shape, options.folder.resolve(), options.python.absolute())
    whole = not options.quick and options.shape == XLS_R_300M.name
    results = options.results or (RESULTS if whole else options.folder / "quick")
    results.mkdir(parents=True, exist_ok=True)
    failed = False
    for name, section in sections(plan).items():
        if options.only and name not in options.only:
            continue
        began = time.monotonic()
        try:
            figures = section()
        except (NotBuilt, WorkerFailed) as error:  # the other sections are worth their time
            logger.error("%s: %s", name, error)
            failed = True
            continue
        write(results / f"{name}.json", {"machine": hardware(), "figures": figures})
        logger.info("%s: %.0f s", name, time.monotonic() - began)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
