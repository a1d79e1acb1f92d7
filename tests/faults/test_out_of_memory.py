"""Memory that runs out in the middle of a request."""

import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from asking import code, post, speech
from servers import Server, running_server

KIB = 1024
ROOM_BYTES = 4 << 20  # beyond what the process has: the request comes in, and cannot be heard
CLIP_SEC = 10  # a whole window; to warm up, the model has heard a second or two
GROUPS = Path("/sys/fs/cgroup")
GROUP_BYTES = 4 << 20  # of what comes after the process was put there


def size_bytes(server: Server) -> int:
    """The address space of the process."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmSize:"))
    return int(line.split()[1]) * KIB


def limit(server: Server, most: int) -> None:
    """So much address space, and no more, for a process that runs."""
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_AS)
    resource.prlimit(server.process.pid, resource.RLIMIT_AS, (most, hard))


def test_a_request_that_finds_no_memory_is_refused_and_the_next_is_served(tmp_path: Path) -> None:
    """503 out_of_memory with Retry-After where the model gets none; the process lives, and the
    same request is served as soon as there is some.
    """
    with running_server(tmp_path, workers=1) as server, server.client() as client:
        limit(server, size_bytes(server) + ROOM_BYTES)
        for _ in range(2):
            response = post(client, speech(CLIP_SEC))
            assert (response.status_code, code(response)) == (503, "out_of_memory")
            assert int(response.headers["retry-after"]) > 0
        limit(server, resource.RLIM_INFINITY)
        assert post(client, speech(CLIP_SEC)).status_code == 200
    assert not server.has_logged_errors()


@pytest.fixture
def group() -> Iterator[Path]:
    """A cgroup of either version that kills who takes more than GROUP_BYTES."""
    made = made_group(GROUPS, "memory.max") or made_group(
        GROUPS / "memory", "memory.limit_in_bytes"
    )
    if made is None:
        pytest.skip("no cgroup can be made here: that needs root and a memory controller")
    yield made
    made.rmdir()


def made_group(parent: Path, limit_file: str) -> Path | None:
    """None where there is no such controller, or no right to use it."""
    made = parent / f"kolvani-test-{os.getpid()}"
    try:
        made.mkdir()
    except OSError:
        return None
    if not (made / limit_file).exists():
        made.rmdir()
        return None
    (made / limit_file).write_text(str(GROUP_BYTES))
    return made


def test_the_kernels_limit_ends_the_process_and_a_new_one_serves(
    tmp_path: Path, group: Path
) -> None:
    """What a cgroup allows cannot be asked for: past it, the process is killed. Nothing is left
    that would keep the next one from starting.
    """
    with running_server(tmp_path / "first") as server, server.client() as client:
        assert post(client, speech(3)).status_code == 200
        (group / "cgroup.procs").write_text(str(server.process.pid))
        with pytest.raises(httpx.TransportError):
            post(client, speech(1200))
        assert server.process.wait(timeout=60) == -signal.SIGKILL
    assert list(server.temporary.iterdir()) == []
    with running_server(tmp_path / "second") as server, server.client() as client:
        assert post(client, speech(3)).status_code == 200
