"""Errors that no class stands for, in the one shape of all errors."""

from typing import Final

from service.errors import Fact

Body = dict[str, dict[str, Fact]]


def fault(
    code: str, message: str, *, param: str | None = None, kind: str = "invalid_request_error"
) -> Body:
    """`{"error": {"type", "code", "message", "param"}}`, as KolvaniError.as_dict has it."""
    return {"error": {"type": kind, "code": code, "message": message, "param": param}}


INTERNAL: Final = fault("internal", "an error on our side; it has been logged", kind="server_error")
