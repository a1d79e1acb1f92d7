"""`python -m service` with another setting of ONNX Runtime's or of the C library's.

    python -m bench.loads.tuned VARIANT serve --port 8000

For bench.soak alone: the service itself has the settings that were chosen.
"""

import sys
import threading
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import onnxruntime

from bench.sessions import VARIANTS
from service import acoustic
from service.cli import main
from service.ops.memory import release_freed
from service.quantization import Quantization

SHRUNK: Final = "arena shrunk after each run"
TRIMMED: Final = "freed memory handed back every 10 s"
TRIM_EVERY_SEC: Final = 10.0
AS_IT_IS: Final = "as it is"
SESSIONS: Final = ("memory pattern", "no arena", "arena grows as asked")
# Read by glibc when the process starts.
ENVIRONMENTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "2 heaps of malloc": {"MALLOC_ARENA_MAX": "2"},
        "1 heap of malloc": {"MALLOC_ARENA_MAX": "1"},
        "large blocks mapped": {"MALLOC_MMAP_THRESHOLD_": "131072"},
    }
)
NAMES: Final = (AS_IT_IS, *ENVIRONMENTS, *SESSIONS, SHRUNK, TRIMMED)


def tune(variant: str) -> None:
    """Change the service before it starts."""
    if variant in SESSIONS:
        make = acoustic._options  # noqa: SLF001  # the one place where it can be changed

        def changed(
            intra_op_threads: int, quantization: Quantization
        ) -> onnxruntime.SessionOptions:
            options = make(intra_op_threads, quantization)
            options.log_severity_level = acoustic.ERRORS
            for change in VARIANTS[variant]:
                change(options)
            return options

        acoustic._options = changed  # noqa: SLF001
    elif variant == SHRUNK:
        shrink()
    elif variant == TRIMMED:
        threading.Thread(target=trim, daemon=True).start()


def shrink() -> None:
    """ONNX Runtime's own: blocks of the arena that are free are given back after every run."""
    plain = onnxruntime.InferenceSession.run
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")

    def run(self: onnxruntime.InferenceSession, names: list[str], feeds: Any) -> Any:  # noqa: ANN401
        return plain(self, names, feeds, options)

    onnxruntime.InferenceSession.run = run


def trim() -> None:
    """malloc_trim, again and again."""
    while True:
        time.sleep(TRIM_EVERY_SEC)
        release_freed()


if __name__ == "__main__":
    tune(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
