"""What each setting of an ONNX Runtime session costs or saves, against those that the service has.

    python -m bench.sessions --model models/he-demo

Every variant is a process of its own with the same prepared model. They run in turn, so that a
drifting machine hits all alike. Seconds are ratios of medians within the run; memory is that of the
process after audio of mixed lengths. `docs/decisions/013-prepared-models.md` says what came of it.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from onnxruntime import GraphOptimizationLevel, OrtArenaCfg, OrtMemoryInfo, SessionOptions

from service.acoustic import ERRORS, PREPARED_GRAPH
from service.bundle import open_bundle
from service.features import features_of
from service.ops.memory import private_bytes, resident_bytes
from service.preparing.making import write_prepared

REPETITIONS: Final = 5
TIMED_SEC: Final = 10.0
MIXED_SEC: Final = (10.0, 3.0, 7.0, 1.0, 5.0, 10.0, 2.0, 8.0)
MIB: Final = 1 << 20
SAME_AS_REQUESTED: Final = 1  # an arena grows by what is asked for, not to the next power of two
NO_LIMIT: Final = 0
DEFAULT: Final = -1  # of an arena's sizes

Setting = Callable[[SessionOptions], None]


def entry(name: str, value: str = "1") -> Setting:
    """An entry of the session's configuration."""
    return lambda options: options.add_session_config_entry(f"session.{name}", value)


def field(name: str, value: object) -> Setting:
    """A field of the options."""
    return lambda options: setattr(options, name, value)


def lean_arena(options: SessionOptions) -> None:
    """Grows by what is asked for."""
    place = OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    sizes = OrtArenaCfg(NO_LIMIT, SAME_AS_REQUESTED, DEFAULT, DEFAULT)
    onnxruntime.create_and_register_allocator(place, sizes)
    options.add_session_config_entry("session.use_env_allocators", "1")


def parallel(options: SessionOptions) -> None:
    """Branches of the graph side by side."""
    options.execution_mode = onnxruntime.ExecutionMode.ORT_PARALLEL
    options.inter_op_num_threads = 2


# Each against "ours"; those of two threads against "2 threads".
VARIANTS: Final[Mapping[str, tuple[Setting, ...]]] = {
    "ours": (),
    "memory pattern": (field("enable_mem_pattern", value=True),),
    "memory reuse": (field("enable_mem_reuse", value=True),),
    "no arena": (field("enable_cpu_mem_arena", value=False),),
    "arena grows as asked": (lean_arena,),
    "weights not in the arena": (entry("use_device_allocator_for_initializers"),),
    "denormals are zero": (entry("set_denormal_as_zero"),),
    "branches in parallel": (parallel,),
    "2 threads": (field("intra_op_num_threads", 2),),
    "2 threads, spinning": (
        field("intra_op_num_threads", 2),
        entry("intra_op.allow_spinning"),
    ),
}


def options_of(variant: str) -> SessionOptions:
    """The service's, with the variant's on top."""
    options = SessionOptions()
    options.graph_optimization_level = GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_mem_pattern = options.enable_mem_reuse = False
    options.log_severity_level = ERRORS  # settings that are set once more
    for change in VARIANTS[variant]:
        change(options)
    return options


def work(variant: str, model: Path, prepared: Path) -> None:
    """Load; then hear as many seconds of noise as each line asks for. Tells a line of each."""
    bundle = open_bundle(model)
    manifest, features = bundle.manifest, features_of(bundle.manifest)
    noise = np.random.default_rng(0).standard_normal(round(max(MIXED_SEC) * manifest.sample_rate))
    before = private_bytes() or 0
    began = time.perf_counter()
    session = onnxruntime.InferenceSession(
        prepared / PREPARED_GRAPH, options_of(variant), providers=["CPUExecutionProvider"]
    )
    tell(time.perf_counter() - began, before)
    for line in sys.stdin:
        heard = features(noise[: round(float(line) * manifest.sample_rate)].astype(np.float32))
        feeds = {manifest.input: heard[np.newaxis]}
        if manifest.length_input is not None:
            feeds[manifest.length_input] = np.array([heard.shape[-1]], dtype=np.int64)
        began = time.perf_counter()
        session.run([manifest.output], feeds)
        tell(time.perf_counter() - began, before)


def tell(seconds: float, before: int) -> None:
    """A line for the parent."""
    figures = {
        "sec": seconds,
        "private_bytes": (private_bytes() or 0) - before,
        "resident_bytes": resident_bytes() or 0,
    }
    sys.stdout.write(f"{json.dumps(figures)}\n")
    sys.stdout.flush()


class Worker:
    """A variant's process."""

    def __init__(self, variant: str, model: Path, prepared: Path) -> None:
        command = [sys.executable, "-m", "bench.sessions", "--work", variant]
        places = ["--model", str(model), "--prepared", str(prepared)]
        self._process = subprocess.Popen(  # noqa: S603  # this very module
            [*command, *places], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.loaded = self._told()

    def hear(self, seconds: float) -> dict[str, float]:
        """So much noise; what it took."""
        if self._process.stdin is None:
            raise RuntimeError("expected a process with an input, got none")
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        return self._told()

    def close(self) -> None:
        """End it."""
        self._process.communicate()

    def _told(self) -> dict[str, float]:
        if self._process.stdout is None:
            raise RuntimeError("expected a process with an output, got none")
        line: dict[str, float] = json.loads(self._process.stdout.readline())
        return line


def measure(model: Path, prepared: Path, repetitions: int) -> dict[str, dict[str, float]]:
    """Each variant's figures, and how much longer it takes than the first."""
    workers = {variant: Worker(variant, model, prepared) for variant in VARIANTS}
    mixed: dict[str, dict[str, float]] = {}
    for seconds in MIXED_SEC:
        mixed = {variant: worker.hear(seconds) for variant, worker in workers.items()}
    runs = [
        {variant: worker.hear(TIMED_SEC)["sec"] for variant, worker in workers.items()}
        for _ in range(repetitions)
    ]
    for worker in workers.values():
        worker.close()
    medians = {name: statistics.median(run[name] for run in runs) for name in VARIANTS}
    ours = medians["ours"]
    return {
        name: {
            "load_sec": workers[name].loaded["sec"],
            "sec": medians[name],
            "ratio": medians[name] / ours,
            "loaded_mib": workers[name].loaded["private_bytes"] / MIB,
            "mixed_mib": mixed[name]["private_bytes"] / MIB,
            "resident_mib": mixed[name]["resident_bytes"] / MIB,
        }
        for name in VARIANTS
    }


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/he-demo"))
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    parser.add_argument("--prepared", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--work", choices=VARIANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, options.model, options.prepared)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write_prepared(open_bundle(options.model), Path(folder))
        figures = measure(options.model, Path(folder), options.repetitions)
    print("variant                     load       10 s   ratio    MiB: loaded, at work, resident")
    for name, row in figures.items():
        times = f"{row['load_sec']:6.2f} s {row['sec']:7.3f} s {row['ratio']:7.3f}"
        memory = f"{row['loaded_mib']:19.0f} {row['mixed_mib']:8.0f} {row['resident_mib']:9.0f}"
        print(f"{name:<24} {times} {memory}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
