"""Kolvani's runtime: speech to text with word times, and text to its times, on a CPU."""

import os
from typing import Final

__version__: Final = "0.1.0"

# ONNX Runtime's wheels report use to their maker unless told not to before they are imported:
# docs/decisions/001-no-telemetry.md.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
