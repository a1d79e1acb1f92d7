"""Clients that go away: in the middle of the body, while they wait, and while events come."""

import contextlib
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import connected, message, post, speech, wait_for_rest, wait_for_work
from servers import Server, running_server

TIMES = 8
WAITED_FOR_SEC = 40  # of audio: long enough to be left in the middle


def reset(connection: socket.socket) -> None:
    """Close it as a crash does: the other side gets a reset, not an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def in_the_body(server: Server) -> None:
    """Half of a request."""
    whole = message(server.url, speech(WAITED_FOR_SEC))
    with contextlib.closing(connected(server)) as connection:
        connection.sendall(whole[: len(whole) // 2])


def while_waiting(server: Server) -> None:
    """All of it, and nobody for the answer."""
    with contextlib.closing(connected(server)) as connection:
        connection.sendall(message(server.url, speech(WAITED_FOR_SEC)))


def while_waiting_by_reset(server: Server) -> None:
    """The same, by a client that crashed."""
    connection = connected(server)
    connection.sendall(message(server.url, speech(WAITED_FOR_SEC)))
    reset(connection)


def while_events_come(server: Server) -> None:
    """After the first of them."""
    with contextlib.closing(connected(server)) as connection:
        connection.sendall(message(server.url, speech(WAITED_FOR_SEC), stream="true"))
        received = b""
        while b"event:" not in received and b"data:" not in received:
            block = connection.recv(1 << 12)
            assert block, received
            received += block


@pytest.mark.parametrize(
    "leave", [in_the_body, while_waiting, while_waiting_by_reset, while_events_come]
)
def test_clients_that_leave_free_their_places(
    tmp_path: Path, leave: Callable[[Server], None]
) -> None:
    """Nothing waits or works for them, no descriptor and no file is kept, and all others are
    served.
    """
    with running_server(tmp_path, workers=1) as server, server.client() as client:
        descriptors = Path(f"/proc/{server.process.pid}/fd")
        assert post(client, speech(3)).status_code == 200
        before = len(list(descriptors.iterdir()))
        for _ in range(TIMES):
            leave(server)
        assert post(client, speech(3)).status_code == 200
        wait_for_rest(client)
        while client.get("/stats").json()["requests"]["transcribe"].get("client_gone", 0) < TIMES:
            pass
        assert len(list(descriptors.iterdir())) <= before
        assert list(server.temporary.iterdir()) == []
    assert not server.has_logged_errors()


def test_a_client_that_leaves_the_queue_is_never_worked_for(tmp_path: Path) -> None:
    """Of those that left while they waited behind a long request, nothing was heard."""
    with running_server(tmp_path, workers=1) as server, server.client() as client:
        first = connected(server)
        with contextlib.closing(first):
            first.sendall(message(server.url, speech(20 * WAITED_FOR_SEC)))
            wait_for_work(client)
            others = [connected(server) for _ in range(TIMES)]
            for other in others:
                other.sendall(message(server.url, speech(WAITED_FOR_SEC)))
            wait_for_work(client, 1 + TIMES)
            for other in others:
                other.close()
        wait_for_rest(client)
        assert client.get("/stats").json()["audio_sec"] == 0
