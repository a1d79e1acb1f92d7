"""What /docs says of keys, where they are asked for: the button that takes one."""

from typing import Any, Final

from fastapi import FastAPI

from service.access.scopes import OPEN, scope_of

SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def describe_keys(app: FastAPI) -> None:
    """Every operation that needs a key says so."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()  # one and the same each time
        document["components"]["securitySchemes"] = SCHEMES
        for path, operations in document["paths"].items():
            if scope_of(path) is not OPEN:
                for operation in operations.values():
                    operation["security"] = [{name: []} for name in SCHEMES]
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it
