"""How many threads the runtime's libraries start."""

import subprocess
import sys
from pathlib import Path

import pytest

from service.ops.quota import usable_cpus

PRODUCT = """
import service.cli, os
import numpy as np
large = np.ones((1500, 1500), np.float32)
large @ large
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no system to count threads")
@pytest.mark.parametrize(("wanted", "threads"), [(None, 1), ("2", min(2, usable_cpus()))])
def test_products_of_matrices_take_one_thread(root: Path, wanted: str | None, threads: int) -> None:
    """BLAS below numpy starts no thread a core of the host; who asks for more gets them."""
    environment = {"PYTHONPATH": str(root)}
    if wanted is not None:
        environment["OPENBLAS_NUM_THREADS"] = wanted
    done = subprocess.run(
        [sys.executable, "-c", PRODUCT], env=environment, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == threads
