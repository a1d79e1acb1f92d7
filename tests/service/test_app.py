"""How the CPUs are shared out among inferences."""

import pytest

from service.app import share_out
from service.ops.settings import Settings


@pytest.mark.parametrize(
    ("cpus", "workers", "threads", "expected"),
    [
        (4, 0, 1, (1, 4)),
        (4, 0, 2, (2, 2)),
        (4, 0, 3, (3, 1)),
        (4, 2, 1, (1, 2)),
        (2, 16, 1, (1, 2)),  # more than the quota holds
        (2, 0, 16, (2, 1)),
        (1, 0, 1, (1, 1)),
    ],
)
def test_workers_times_threads_never_pass_the_quota(
    cpus: int, workers: int, threads: int, expected: tuple[int, int]
) -> None:
    """(threads of one inference, inferences at a time), whatever is asked for."""
    shared = share_out(cpus, Settings(workers=workers, intra_op_threads=threads))
    assert shared == expected
    assert shared[0] * shared[1] <= cpus
