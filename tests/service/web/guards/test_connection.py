"""Connections that only wait, over raw sockets against the real server."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from servers import Server, running_server

HEADERS_SEC, BODY_SEC, SEND_SEC = 1.0, 1.0, 1.0
PATIENCE_SEC = 30.0  # of a test, far beyond each of these
CONNECTIONS = 8
DRIP_SEC = 0.1
FORM = b"multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(
        tmp_path_factory.mktemp("server"),
        headers_timeout_sec=HEADERS_SEC,
        body_timeout_sec=BODY_SEC,
        send_timeout_sec=SEND_SEC,
        min_body_bytes_per_sec=1_000_000,
        max_connections=CONNECTIONS,
    ) as running:
        yield running


def connect(server: Server, receive_bytes: int | None = None) -> socket.socket:
    place = urlsplit(server.url)
    connection = socket.socket()
    if receive_bytes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.settimeout(PATIENCE_SEC)
    connection.connect((place.hostname, place.port))
    return connection


def rest(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    content = b""
    try:
        while block := connection.recv(1 << 16):
            content += block
    except ConnectionResetError:
        pass
    return content


def drip(connection: socket.socket, content: bytes = b"x") -> bytes:
    """Send a byte now and then until the other side has had enough; what it said."""
    connection.settimeout(DRIP_SEC)
    deadline, said = time.monotonic() + PATIENCE_SEC, b""
    while time.monotonic() < deadline:
        try:
            connection.sendall(content)
            block = connection.recv(1 << 16)
        except TimeoutError:
            continue
        except OSError:
            return said
        if not block:
            return said
        said += block
    raise AssertionError("expected a closed connection, got one that waits")


def fault(answer: bytes, status: int) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d" % status), answer
    assert b"connection: close" in head.lower()
    error: dict[str, Any] = json.loads(body)["error"]
    assert error.keys() >= {"type", "code", "message", "param"}
    return error


def test_headers_that_drip_in_are_not_waited_for(server: Server) -> None:
    """A letter now and then keeps no connection open: 408, in the one shape."""
    with closing(connect(server)) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        assert fault(drip(connection), 408)["code"] == "headers_too_slow"


def test_a_connection_on_which_nothing_comes_is_closed(server: Server) -> None:
    """Without a word: nobody has asked."""
    with closing(connect(server)) as connection:
        assert rest(connection) == b""


def test_a_second_request_that_drips_in_is_not_waited_for_either(server: Server) -> None:
    """The clock runs again after an answer."""
    with closing(connect(server)) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /hea")
        answer = drip(connection)
        assert answer.count(b"HTTP/1.1 200") == 1
        assert b"headers_too_slow" in answer


def test_a_body_that_drips_in_is_refused_and_counted(server: Server) -> None:
    """408 with the facts, the connection closed, and /stats tells."""
    with server.client() as client:
        before = client.get("/stats").json()["rejected"].get("body_too_slow", 0)
        with closing(connect(server)) as connection:
            connection.sendall(
                b"POST /align HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n"
                b"Content-Type: " + FORM + b"\r\n\r\n" + PART
            )
            error = fault(drip(connection), 408)
        assert error["code"] == "body_too_slow"
        assert error["received_bytes"] >= len(PART)
        assert client.get("/stats").json()["rejected"]["body_too_slow"] == before + 1


def test_a_body_that_nobody_reads_is_not_waited_for(server: Server) -> None:
    """Who has been refused, and goes on sending, is cut off."""
    with closing(connect(server)) as connection:
        connection.sendall(
            b"POST /align HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n"
            b"Content-Type: text/plain\r\n\r\n"
        )
        assert drip(connection).startswith(b"HTTP/1.1 400")


def test_a_client_that_takes_nothing_is_cut_off(server: Server) -> None:
    """More than the system's buffers hold is asked for and never read."""
    name = "ui/vendor/swagger-ui/swagger-ui-bundle.js"
    request = f"GET /{name} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    with closing(connect(server, receive_bytes=4096)) as connection:
        connection.sendall(request * 8)
        deadline = time.monotonic() + PATIENCE_SEC
        while open_connections(server) > 0:
            assert time.monotonic() < deadline
        taken = len(rest(connection))
    with server.client() as client:
        assert taken < 8 * len(client.get(f"/{name}").content)


def open_connections(server: Server) -> int:
    """Established ones at the server's port, as the kernel counts them, without this one's own."""
    port = f":{urlsplit(server.url).port:04X}"
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    fields = [line.split() for line in lines]
    established, closing_wait = "01", "08"
    return sum(row[1].endswith(port) and row[3] in (established, closing_wait) for row in fields)


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        (b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000, 431, "headers_too_large"),
        (b"GET /" + b"a" * 70_000, 431, "headers_too_large"),
        (b"not http at all\r\n\r\n", 400, "malformed_request"),
        (b"GET /health HTTP/1.1\r\n\r\n", 400, "malformed_request"),  # no Host
        (b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400, None),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n", 400, "malformed_request"),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
            "malformed_request",
        ),
    ],
)
def test_what_is_no_request_gets_the_one_shape(
    server: Server, head: bytes, status: int, code: str | None
) -> None:
    """Too much of it, or something else."""
    with closing(connect(server)) as connection:
        connection.sendall(head)
        error = fault(rest(connection), status)
    assert code is None or error["code"] == code


@pytest.mark.parametrize("count", [101, 400])
def test_too_many_headers_are_refused(server: Server, count: int) -> None:
    """431, logged and counted like every answer."""
    with server.client() as client:
        answer = client.get("/health", headers=[(f"x-{n}", "1") for n in range(count)])
    assert (answer.status_code, answer.json()["error"]["code"]) == (431, "headers_too_large")
    assert "x-request-id" in answer.headers


def test_a_body_in_broken_chunks_ends_the_connection_alone(server: Server) -> None:
    """The request fails, the log has no stack trace, and the next client is served."""
    with closing(connect(server)) as connection:
        connection.sendall(
            b"POST /align HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: " + FORM + b"\r\n\r\n5\r\nhello\r\nzz\r\n"
        )
        rest(connection)
    with server.client() as client:
        assert client.get("/health").status_code == httpx.codes.OK
    assert not server.has_logged_errors()


def test_in_a_crowd_probes_are_answered_and_others_wait(server: Server) -> None:
    """503 with Retry-After, until there is room again."""
    crowd = [connect(server) for _ in range(CONNECTIONS)]
    try:
        with server.client() as client:
            assert client.get("/health").status_code == httpx.codes.OK
            refused = client.get("/models")
        assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert refused.json()["error"]["code"] == "too_many_connections"
        assert refused.headers["retry-after"] == "1"
    finally:
        for connection in crowd:
            connection.close()
    with server.client() as client:
        assert client.get("/models").status_code == httpx.codes.OK


@pytest.mark.parametrize(
    "part",
    [
        b"".join(b"X-%d: 1\r\n" % number for number in range(1000)),
        b"X-Long: " + b"a" * 100_000 + b"\r\n",
    ],
    ids=["many", "long"],
)
def test_headers_of_a_part_have_limits_too(server: Server, part: bytes) -> None:
    """Of a form's part, neither many nor long ones."""
    body = b"--b\r\n" + part + PART.removeprefix(b"--b\r\n") + b"x\r\n--b--\r\n"
    with server.client() as client:
        answer = client.post("/align", content=body, headers={"content-type": FORM.decode()})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_field")
