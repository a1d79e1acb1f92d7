"""Every route has its scope."""

from service.access.scopes import ANY, SCOPES, scope_of
from service.app import create_app
from service.ops.settings import Settings

OPEN = {"/", "/health", "/readyz"}


def test_every_described_route_has_a_scope_or_is_open_on_purpose() -> None:
    """A new route has to be put into the table."""
    paths = create_app(Settings()).openapi()["paths"]
    scopes = {path: scope_of(path) for path in paths}
    assert ANY not in scopes.values(), [path for path, scope in scopes.items() if scope == ANY]
    assert {path for path, scope in scopes.items() if scope is None} == OPEN
    assert {scope for scope in scopes.values() if scope} <= set(SCOPES)
