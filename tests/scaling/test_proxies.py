"""Two replicas behind a real proxy: a full one is passed over, both are replaced under load."""

import contextlib
import csv
import json
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx
import pytest
from asking import message, post, speech, wait_for_work
from replicas import Proxied, Replica, behind

LARGE_SEC = 60  # of WAV, 1.9 MB: more than any buffer of a proxy
HOURLONG_SEC = 3600
REQUESTS = 6
STOPPED = (0, -signal.SIGTERM)  # the server ends by the signal that it was told to end by
CLIENTS = 3
BETWEEN = 2  # answers that each client gets before the next replica is replaced


@contextlib.contextmanager
def full(replica: Replica) -> Iterator[None]:
    """A replica whose only place is taken, by somebody who goes away at the end."""
    url = replica.served.url
    with (
        httpx.Client(base_url=url, timeout=60.0) as client,
        contextlib.closing(socket.create_connection(("127.0.0.1", replica.port))) as connection,
    ):
        connection.sendall(message(url, speech(HOURLONG_SEC)))
        wait_for_work(client)
        yield
        assert client.get("/stats").json()["pool"]["admitted"] == 1, "it was not full all along"


def refusals(replica: Replica) -> int:
    """How many requests it refused, being full."""
    with httpx.Client(base_url=replica.served.url) as client:
        counts: dict[str, int] = client.get("/stats").json()["requests"].get("transcribe", {})
        return counts.get("overloaded", 0)


@dataclass
class Clients:
    """Who asks again as soon as there is an answer, through the proxy, until told to stop."""

    proxied: Proxied
    statuses: list[int | str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._answered = threading.Condition()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self) -> None:
        """Until each has been answered some more times, about."""
        with self._answered:
            wanted = len(self.statuses) + BETWEEN * CLIENTS
            self._answered.wait_for(lambda: len(self.statuses) >= wanted)

    def _ask(self) -> None:
        audio = speech(10)
        with self.proxied.client() as client:
            while not self._stop.is_set():
                try:
                    came: int | str = post(client, audio).status_code
                except httpx.TransportError as error:
                    came = repr(error)
                with self._answered:
                    self.statuses.append(came)
                    self._answered.notify_all()


def test_nginx_sends_a_large_body_that_a_full_replica_refuses_to_another_one(
    tmp_path: Path,
) -> None:
    """Every request is answered with 200, though one of the two replicas refuses it."""
    with behind("nginx", tmp_path, max_queue=0) as proxied, proxied.client() as client:
        first = proxied.replicas[0]
        with full(first):
            statuses = [post(client, speech(LARGE_SEC)).status_code for _ in range(REQUESTS)]
            assert statuses == [200] * REQUESTS
            assert refusals(first) > 0, "it was never asked"


def test_nginx_passes_the_refusal_on_where_all_replicas_are_full(tmp_path: Path) -> None:
    """503 with the service's own Retry-After and its one error shape."""
    with behind("nginx", tmp_path, max_queue=0) as proxied, proxied.client() as client:
        with full(proxied.replicas[0]), full(proxied.replicas[1]):
            response = post(client, speech(LARGE_SEC))
        assert response.status_code == 503
        assert response.json()["error"]["code"] == "overloaded"
        assert int(response.headers["retry-after"]) > 0


def test_nginx_passes_events_on_as_they_come(tmp_path: Path) -> None:
    """The first is there while the work goes on."""
    with (
        behind("nginx", tmp_path) as proxied,
        proxied.client() as client,
        client.stream(
            "POST",
            "/transcribe",
            files={"audio": speech(HOURLONG_SEC / 6)},
            data={"language": "he", "stream": "true"},
        ) as response,
    ):
        events = response.iter_lines()
        assert next(events).startswith(("event:", "data:"))
        working = [
            httpx.get(f"{replica.served.url}/stats").json()["pool"]["admitted"]
            for replica in proxied.replicas
        ]
        assert sum(working) == 1


@pytest.mark.parametrize("program", ["nginx", "haproxy"])
def test_both_replicas_are_replaced_under_load_and_no_request_fails(
    tmp_path: Path, program: str
) -> None:
    """SIGTERM, exit, start, ready, then the next one: every answer that clients get is 200."""
    with behind(program, tmp_path) as proxied, Clients(proxied) as clients:
        clients.wait_for_more()
        for number, replica in enumerate(proxied.replicas):
            name = ("one", "two")[number]
            if program == "haproxy":
                order(proxied, f"set server kolvani/{name} state drain")
                while seen(proxied, name)["scur"] != "0":
                    pass
            assert replica.stop() in STOPPED
            clients.wait_for_more()
            replica.start()
            if program == "haproxy":
                order(proxied, f"set server kolvani/{name} state ready")
                while seen(proxied, name)["status"] != "UP":
                    pass
            clients.wait_for_more()
    assert set(clients.statuses) == {200}
    assert all("Traceback" not in replica.log for replica in proxied.replicas)


@pytest.mark.parametrize("program", ["nginx", "haproxy"])
def test_a_replica_that_is_killed_takes_the_place_of_nobody(tmp_path: Path, program: str) -> None:
    """After kill -9 of an idle replica the other one answers all that comes."""
    with behind(program, tmp_path) as proxied, proxied.client() as client:
        proxied.replicas[0].served.process.kill()
        proxied.replicas[0].served.process.wait()
        statuses = [post(client, speech(LARGE_SEC)).status_code for _ in range(REQUESTS)]
        assert statuses == [200] * REQUESTS


def test_nginx_repeats_a_request_whose_replica_is_killed_while_it_works(tmp_path: Path) -> None:
    """The client gets its answer, from the other one."""
    with (
        behind("nginx", tmp_path) as proxied,
        proxied.client() as client,
        ThreadPoolExecutor(1) as clients,
    ):
        answer = clients.submit(post, client, speech(HOURLONG_SEC / 6))
        one_at_work(proxied).served.process.kill()
        assert answer.result().status_code == 200


def one_at_work(proxied: Proxied) -> Replica:
    """Whichever replica has begun first."""
    while True:
        for replica in proxied.replicas:
            stats = httpx.get(f"{replica.served.url}/stats").json()
            if stats["pool"]["running"]:
                return replica


def order(proxied: Proxied, command: str) -> None:
    """To HAProxy, through its socket."""
    answer = told(proxied, command).strip()
    assert not answer, json.dumps([command, answer])


def seen(proxied: Proxied, name: str) -> dict[str, str]:
    """How HAProxy sees a replica: `status` is UP where it gets requests, `scur` counts them."""
    rows = csv.DictReader(told(proxied, "show stat").removeprefix("# ").splitlines())
    return next(row for row in rows if row["svname"] == name)


def told(proxied: Proxied, command: str) -> str:
    """HAProxy's answer to a command."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(proxied.folder / "admin.sock"))
        connection.sendall(f"{command}\n".encode())
        received = b""
        while block := connection.recv(1 << 16):
            received += block
    return received.decode()
