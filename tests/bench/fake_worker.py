"""A worker whose engine answers, fails, hangs or dies, as its input says.

python -m tests.bench.fake_worker DESCRIPTION
"""

import os
import sys
import threading
from collections.abc import Mapping
from typing import Any, Final

from bench.workers.child import main

HUNDRED_MB: Final = 100_000_000  # bytes


class Fake:
    """Loads nothing. `load_error`: what loading it raises."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        if "load_error" in description:
            raise RuntimeError(description["load_error"])
        self.facts = {"fake": "1.0"}

    def prepare(self, path: str) -> str:
        """What is to happen."""
        return path

    def run(self, prepared: str) -> dict[str, Any]:
        """Do it."""
        if prepared == "hang":
            threading.Event().wait()
        if prepared == "die":
            os.write(2, b"the fake engine died\n")
            os._exit(3)
        if prepared == "raise":
            raise ValueError("expected better, got worse")
        if prepared == "fill":
            return {"frames": len(bytes(b"x" * HUNDRED_MB))}
        if prepared == "print":
            print("a library's chatter")  # noqa: T201  # as libraries do
        return {"frames": len(prepared)}

    def operators(self, prepared: str) -> dict[str, float]:
        """One."""
        return {"MatMul": float(len(prepared))}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], lambda _: Fake))
