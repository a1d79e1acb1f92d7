"""SIGTERM while requests are sent, wait and are worked on."""

import signal
import threading
from pathlib import Path

import httpx
from asking import post, speech, wait_for_work
from servers import Server, running_server

CLIENTS = 6
CLIP_SEC = 20.0


def asking(server: Server, answers: list[object]) -> None:
    """One request; what came of it is kept."""
    with server.client() as client:
        try:
            answers.append(post(client, speech(CLIP_SEC)).status_code)
        except httpx.TransportError as error:
            answers.append(error)


def test_what_has_been_begun_is_answered_before_the_end(tmp_path: Path) -> None:
    """All requests that were admitted are answered in full, and the process ends with 0."""
    with running_server(tmp_path, workers=1) as server, server.client() as client:
        answers: list[object] = []
        threads = [threading.Thread(target=asking, args=(server, answers)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        wait_for_work(client, CLIENTS)
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        assert server.process.wait(timeout=60) in (0, -signal.SIGTERM)
    assert answers == [200] * CLIENTS
    assert list(server.temporary.iterdir()) == []
    assert not server.has_logged_errors()
