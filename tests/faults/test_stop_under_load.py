"""SIGTERM while requests are sent, wait and are worked on."""

import signal
import threading
from pathlib import Path

import httpx
from asking import code, post, speech, wait_for_work
from servers import Server, running_server

CLIENTS = 6
CLIP_SEC = 20.0
STOPPED = (0, -signal.SIGTERM)


def asking(server: Server, answers: list[object]) -> None:
    """One request; what came of it is kept."""
    with server.client() as client:
        try:
            answers.append(post(client, speech(CLIP_SEC)).status_code)
        except httpx.TransportError as error:
            answers.append(error)


def test_what_has_been_begun_is_answered_before_the_end(tmp_path: Path) -> None:
    """Nothing new is taken, all requests that were admitted are answered in full, and the process
    ends.
    """
    with running_server(tmp_path, workers=1) as server, server.client() as client:
        answers: list[object] = []
        threads = [threading.Thread(target=asking, args=(server, answers)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        wait_for_work(client, CLIENTS)
        server.process.send_signal(signal.SIGTERM)
        ready = client.get("/readyz")
        while ready.status_code == httpx.codes.OK:  # the signal is on its way
            ready = client.get("/readyz")
        assert (ready.status_code, code(ready)) == (503, "stopping")
        refused = post(client, speech(1))
        assert (refused.status_code, code(refused)) == (503, "stopping")
        assert int(refused.headers["retry-after"]) > 0
        for thread in threads:
            thread.join()
        assert server.process.wait(timeout=60) in STOPPED
    assert answers == [200] * CLIENTS
    assert list(server.temporary.iterdir()) == []
    assert not server.has_logged_errors()
