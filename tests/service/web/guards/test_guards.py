"""Keys, budgets, hosts, origins and headers, over real servers."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from servers import ROOT, Server, running_server

from service.access.keys import Key, hash_of, new_secret
from service.access.lines import line_of
from service.access.rates import read_rate

STUDIO, LITTLE, LIVE, CHIEF = (new_secret() for _ in range(4))
ORIGIN, HOST = "https://a.example", "speech.example"
AUDIO, TEXT = ROOT / "examples/he-1.wav", ROOT / "examples/he-1.txt"
AUDIO_SEC = 5  # 4.179, charged in whole seconds
SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


def keys() -> str:
    return "\n".join(
        (
            line_of(Key("studio", hash_of(STUDIO), frozenset({"align", "read"}))),
            line_of(
                Key("little", hash_of(LITTLE), frozenset({"align"}), {"audio": read_rate("9/day")})
            ),
            line_of(
                Key("live", hash_of(LIVE), frozenset({"align"}), {"audio": read_rate("99/day")})
            ),
            line_of(Key("chief", hash_of(CHIEF), frozenset({"*"}))),
        )
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "api-keys").write_text(keys())
    with running_server(
        folder / "run",
        api_keys_file=folder / "api-keys",
        rate_limit="1000/day",
        cors_origins=ORIGIN,
        allowed_hosts=f"{HOST}, *.speech.example, 127.0.0.1",
        log_level="debug",
    ) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def align(client: httpx.Client, secret: str, **headers: str) -> httpx.Response:
    files = {"audio": AUDIO.read_bytes(), "transcript": TEXT.read_bytes()}
    return client.post("/align", files=files, headers={**bearer(secret), **headers})


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_key_opens_what_it_is_for(client: httpx.Client) -> None:
    """401 without and with a wrong one, and how to send one; 403 beyond its scopes."""
    missing = client.get("/models")
    assert code(missing) == (401, "missing_key")
    assert missing.headers["www-authenticate"] == 'Bearer realm="kolvani"'
    wrong = client.get("/models", headers=bearer("kolvani_wrong"))
    assert code(wrong) == (401, "invalid_key")
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]
    assert client.get("/models", headers=bearer(STUDIO)).status_code == 200
    for path in ("/stats", "/metrics"):
        assert code(client.get(path, headers=bearer(STUDIO))) == (403, "forbidden")
        assert client.get(path, headers=bearer(CHIEF)).status_code == 200


@pytest.mark.parametrize("header", ["X-API-Key", "xi-api-key", "authorization"])
def test_a_key_is_taken_from_the_headers_that_clients_send(
    client: httpx.Client, header: str
) -> None:
    """Ours, ElevenLabs' and OpenAI's."""
    value = f"bearer  {STUDIO}" if header == "authorization" else STUDIO
    assert client.get("/models", headers={header: value}).status_code == 200


def test_a_key_in_the_address_is_none(client: httpx.Client) -> None:
    """Addresses are written down by proxies and browsers."""
    assert code(client.get("/models", params={"api_key": STUDIO})) == (401, "missing_key")


@pytest.mark.parametrize("path", ["/", "/health", "/readyz", "/docs", "/openapi.json", "/ui/"])
def test_probes_and_the_page_are_open(client: httpx.Client, path: str) -> None:
    """To everybody."""
    assert client.get(path).status_code == 200


def test_the_description_tells_of_keys(client: httpx.Client) -> None:
    """So that /docs has a field for one; operations without stay without."""
    paths = client.get("/openapi.json").json()["paths"]
    assert paths["/align"]["post"]["security"]
    assert "security" not in paths["/health"]["get"]


def test_what_is_left_is_told_and_kept(client: httpx.Client) -> None:
    """By both rates, on answers and refusals; audio is charged in seconds once it is known."""
    first = align(client, LITTLE)
    assert first.status_code == 200
    policy = first.headers["ratelimit-policy"]
    assert policy == '"requests";q=1000;w=86400, "audio";q=9;w=86400;qu="audio-seconds"'
    left = f'"requests";r=999;t=\\d+, "audio";r={9 - AUDIO_SEC};t=\\d+'
    assert re.fullmatch(left, first.headers["ratelimit"])
    assert align(client, LITTLE).status_code == 200  # begun with some left
    refused = align(client, LITTLE)
    assert code(refused) == (429, "rate_limited")
    assert refused.json()["error"]["limited"] == "audio"
    assert int(refused.headers["retry-after"]) == refused.json()["error"]["retry_after_sec"]
    assert re.search(r'"audio";r=0;', refused.headers["ratelimit"])
    assert align(client, STUDIO).status_code == 200  # others are not touched


def test_streamed_answers_are_charged_too(client: httpx.Client) -> None:
    """Their headers are sent before the audio is known, and it is counted all the same."""
    files = {"audio": AUDIO.read_bytes(), "transcript": TEXT.read_bytes()}
    left = [
        client.post("/align", files=files, data={"stream": stream}, headers=bearer(LIVE))
        for stream in ("true", "false")
    ]
    assert [answer.status_code for answer in left] == [200, 200]
    assert f'"audio";r={99 - 2 * AUDIO_SEC};' in left[1].headers["ratelimit"]


def test_the_log_has_names_and_no_secrets(server: Server, client: httpx.Client) -> None:
    """Whoever reads it learns who asked, and nothing to ask with: neither keys nor addresses'
    queries, of good and of bad requests.
    """
    secret = new_secret()
    align(client, STUDIO)
    client.get("/models", headers={"X-API-Key": secret}, params={"token": secret})
    client.get("/stats", headers=bearer(STUDIO))
    client.get(f"/{secret}", headers=bearer(secret))
    with closing(socket.create_connection(("127.0.0.1", urlsplit(server.url).port))) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nX-API-Key: {STUDIO}\r\n\r\n".encode())
        connection.recv(4096)
    log = server.log.read_text(encoding="utf-8")
    assert '"client": "studio"' in log
    for word in (STUDIO, CHIEF, LITTLE, secret, "Bearer"):
        assert word not in log


def test_only_pages_of_listed_origins_may_call(client: httpx.Client) -> None:
    """Asked beforehand without a key, as browsers do; others get no permission."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    allowed = client.options("/align", headers={"Origin": ORIGIN, **asked})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    refused = client.options("/align", headers={"Origin": "https://b.example", **asked})
    assert "access-control-allow-origin" not in refused.headers
    answer = client.get("/models", headers={"Origin": ORIGIN})  # its script may read why
    assert code(answer) == (401, "missing_key")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "RateLimit" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (HOST, 200),
        (f"{HOST}:8000", 200),
        ("A.SPEECH.example", 200),
        ("other.example", 400),
        (f"{HOST}.evil.example", 400),
        (f"evil{HOST}", 400),
    ],
)
def test_only_listed_hosts_are_served(client: httpx.Client, host: str, status: int) -> None:
    """Names with their subdomains where a star says so; probes come by address and are answered."""
    answer = client.get("/models", headers={"Host": host, **bearer(STUDIO)})
    assert answer.status_code == status
    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/models", "/nothing", "/health", "/metrics", "/ui/none"])
def test_every_answer_has_the_headers_of_safety(client: httpx.Client, path: str) -> None:
    """Refusals and unknown paths too; what was said is kept by no cache."""
    answer = client.get(path, headers=bearer(CHIEF))
    assert answer.headers.items() >= SECURITY.items()
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers


def test_the_page_keeps_its_own_policy(client: httpx.Client) -> None:
    """Scripts of its own, and none else."""
    answer = client.get("/ui/")
    assert answer.headers.items() >= SECURITY.items()
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-cache"


def test_without_settings_everything_is_open(tmp_path: Path) -> None:
    """No key, no limit, any host; no page of another origin is let in; keys of others' do no
    harm.
    """
    with running_server(tmp_path) as server, server.client() as client:
        for path in ("/stats", "/metrics", "/models"):
            answer = client.get(path, headers={"Host": "any.example", **bearer("sk-any")})
            assert answer.status_code == 200
        answer = client.get("/models", headers={"Origin": ORIGIN})
        assert "access-control-allow-origin" not in answer.headers
        assert "ratelimit" not in answer.headers
        assert answer.headers.items() >= SECURITY.items()


@pytest.mark.parametrize(("trusted", "second"), [("127.0.0.1", 200), ("192.0.2.1", 429)])
def test_addresses_are_a_proxys_word_only_where_it_is_trusted(
    tmp_path: Path, trusted: str, second: int
) -> None:
    """Without keys clients are told apart by address, and nobody makes up a new one."""
    with (
        running_server(tmp_path, rate_limit="1/day", trusted_proxies=trusted) as server,
        server.client() as client,
    ):
        files = {"audio": AUDIO.read_bytes(), "transcript": TEXT.read_bytes()}
        statuses = [
            client.post("/align", files=files, headers={"X-Forwarded-For": address}).status_code
            for address in ("198.51.100.1", "198.51.100.2")
        ]
        assert statuses == [200, second]


def test_a_file_of_keys_is_read_again_and_its_faults_are_told(tmp_path: Path) -> None:
    """A revoked key is good no longer; a broken file changes nothing, and /stats and /metrics
    say so.
    """
    file = tmp_path / "api-keys"
    file.write_text(keys())
    with running_server(tmp_path / "run", api_keys_file=file) as server, server.client() as client:
        chief = bearer(CHIEF)
        assert client.get("/models", headers=bearer(STUDIO)).status_code == 200
        file.write_text(line_of(Key("chief", hash_of(CHIEF), frozenset({"*"}))))
        wait_for(lambda: client.get("/models", headers=bearer(STUDIO)).status_code == 401)
        file.write_text("chief\n")
        wait_for(lambda: client.get("/stats", headers=chief).json()["access"]["keys_error"])
        assert "kolvani_api_keys_stale 1.0" in client.get("/metrics", headers=chief).text
        assert client.get("/stats", headers=chief).json()["access"]["keys"] == 1
        assert "API keys stay as they were: line 1" in server.log.read_text()


def wait_for(ask: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30.0
    while not ask():
        assert time.monotonic() < deadline
        time.sleep(0.1)
