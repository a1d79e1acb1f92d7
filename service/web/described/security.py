"""What /docs says of the guards: keys, where they are asked for, and refusals before any route."""

from typing import Any, Final

from fastapi import FastAPI

from service.access.scopes import OPEN, WORK, scope_of
from service.web.described.errors import ERRORS

SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
SHAPE: Final = {"$ref": "#/components/schemas/ErrorAnswer"}
TOO_LARGE, RATE_LIMITED = 431, 429
UNKNOWN, FORBIDDEN = 401, 403


def describe_guards(app: FastAPI, *, with_keys: bool) -> None:
    """Every operation that can be refused at the door says so; with keys, /docs takes one."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()  # one and the same each time
        if with_keys:
            document["components"]["securitySchemes"] = SCHEMES
        for path, operations in document["paths"].items():
            for operation in operations.values():
                _describe(operation, scope_of(path), with_keys=with_keys)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _describe(operation: dict[str, Any], scope: str | None, *, with_keys: bool) -> None:
    statuses = [TOO_LARGE]
    if scope in WORK:
        statuses.append(RATE_LIMITED)
    if with_keys and scope is not OPEN:
        statuses += [UNKNOWN, FORBIDDEN]
        operation["security"] = [{name: []} for name in SCHEMES]
    for status in statuses:
        refused = {
            "description": ERRORS[status]["description"],
            "content": {"application/json": {"schema": SHAPE}},
        }
        operation["responses"].setdefault(str(status), refused)
