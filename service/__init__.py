"""Kolvani's runtime: speech to text with word times, and text to its times, on a CPU."""

import os
from typing import Final

__version__: Final = "0.1.0"

# ONNX Runtime's wheels report use to their maker unless told not to before they are imported:
# docs/decisions/001-no-telemetry.md.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# numpy's OpenBLAS would start a thread a core of the host for a product of matrices, past the CPU
# quota and under every worker at once. One thread a request is the design; this too is read once,
# when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
