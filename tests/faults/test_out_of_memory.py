"""Memory that runs out in the middle of a request."""

import resource
from pathlib import Path

from asking import code, post, speech
from servers import Server, running_server

KIB = 1024
ROOMS = (2 << 20, 8 << 20, 24 << 20, 48 << 20, 96 << 20)  # bytes beyond what the process has
LENGTHS_SEC = (3, 30, 600)


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
    """503 out_of_memory with Retry-After, wherever memory runs out; the process lives, and serves
    as soon as there is memory again.
    """
    with running_server(tmp_path, workers=1, emission_cache_bytes=0) as server:
        refused = 0
        with server.client() as client:
            assert post(client, speech(30)).status_code == 200
            for room in ROOMS:
                for seconds in LENGTHS_SEC:
                    limit(server, size_bytes(server) + room)
                    response = post(client, speech(seconds))
                    limit(server, resource.RLIM_INFINITY)
                    if response.status_code != 200:
                        assert (response.status_code, code(response)) == (503, "out_of_memory")
                        assert int(response.headers["retry-after"]) > 0
                        refused += 1
                    assert post(client, speech(3)).status_code == 200
        assert refused, "memory did not run out"
    assert not server.has_logged_errors()
