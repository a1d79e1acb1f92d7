"""How many threads the runtime's libraries start."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from servers import running_server

from service.admission.turns import BEGUN_PER_WORKER
from service.ops.quota import usable_cpus

RATE = 16_000  # Hz
MODELS, CLIENTS = 2, 12
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


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no system to count threads")
def test_a_busy_server_has_the_threads_that_it_needs(tmp_path: Path) -> None:
    """The event loop and its helpers, the workers and those whose work is put aside, their windows,
    a wide session a model, and one that watches each decoder: none a core of the host.
    """
    with running_server(tmp_path) as server, server.client() as client:
        cpus = usable_cpus()
        tasks = Path(f"/proc/{server.process.pid}/task")

        def post(index: int) -> int:
            seconds = (2, 15, 40)[index % 3]
            samples = np.random.default_rng(index).normal(0, 0.1, seconds * RATE)
            buffer = io.BytesIO()
            soundfile.write(buffer, np.clip(samples, -1, 1), RATE, format="WAV")
            data = {"language": ("he", "hi")[index % 2]}
            return client.post("/transcribe", files={"audio": buffer}, data=data).status_code

        most = 0
        with ThreadPoolExecutor(CLIENTS) as threads:
            asked = [threads.submit(post, index) for index in range(24)]
            while not all(one.done() for one in asked):
                most = max(most, len(list(tasks.iterdir())))
        assert {one.result() for one in asked} == {200}
        pool = client.get("/stats").json()["pool"]
        assert (pool["workers"], pool["spinning"]) == (cpus, False)
    loop, helpers = 1, cpus + 4
    workers = cpus * (1 + BEGUN_PER_WORKER)
    windows, wide, decoders = cpus * (cpus - 1), MODELS * (cpus - 1), cpus + 1
    uploads = CLIENTS  # that are written to the disk, each by a thread
    assert cpus < most <= loop + helpers + workers + windows + wide + decoders + uploads
