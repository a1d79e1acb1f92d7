"""GET /api-info tells what the server can do, and nothing that it cannot."""

from collections.abc import Iterator
from typing import Any

import pytest
from servers import running_server

from service import __version__
from service.formats.table import FORMATS


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """/api-info and /openapi.json of a server with limits of its own."""
    folder = tmp_path_factory.mktemp("server")
    with running_server(folder, max_audio_sec=7, max_queue=3) as server, server.client() as client:
        yield {path: client.get(path).json() for path in ("/api-info", "/openapi.json", "/")}


def paths_in(endpoints: dict[str, str]) -> set[tuple[str, str]]:
    """(method, path) of each, with those that stand in brackets."""
    found = set()
    for name, description in endpoints.items():
        method, path = name.split()
        found.add((method.lower(), path))
        also = description.partition("(also ")[2].rstrip(")")
        if also:
            found.add((method.lower(), also))
    return found


def test_every_route_is_named_and_no_other(told: dict[str, Any]) -> None:
    """What /docs describes is what /api-info and the overview name, but for the two pages."""
    described = {
        (method, path)
        for path, methods in told["/openapi.json"]["paths"].items()
        for method in methods
    }
    pages = {("get", "/docs"), ("get", "/ui"), ("get", "/healthz")}
    named = paths_in(told["/api-info"]["endpoints"]) - pages
    assert named == described - {("get", "/")}
    assert told["/"]["endpoints"] == told["/api-info"]["endpoints"]


def test_the_limits_are_the_servers_own(told: dict[str, Any]) -> None:
    """Those of its settings."""
    limits = told["/api-info"]["limits"]
    assert (limits["max_audio_sec"], limits["max_queue"]) == (7, 3)
    assert all(value > 0 for value in limits.values())


def test_formats_are_those_of_the_table_and_json(told: dict[str, Any]) -> None:
    """With a suffix and a media type each; the version is the package's."""
    formats = {item["name"]: item for item in told["/api-info"]["formats"]}
    assert list(formats) == ["json", *FORMATS]
    assert all(item["suffix"].startswith(".") for item in formats.values())
    assert told["/api-info"]["version"] == __version__


def test_routes_with_events_say_so_in_the_docs(told: dict[str, Any]) -> None:
    """Each has the field `stream` and answers text/event-stream."""
    for path in told["/api-info"]["events"]:
        route = told["/openapi.json"]["paths"][path]["post"]
        assert "text/event-stream" in route["responses"]["200"]["content"], path
        schema = route["requestBody"]["content"]["multipart/form-data"]["schema"]
        assert "stream" in schema["properties"], path
