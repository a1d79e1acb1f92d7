"""The one error shape, and the errors that no class stands for in it."""

from typing import Final

from pydantic import BaseModel, ConfigDict

from service.errors import Fact

Body = dict[str, dict[str, Fact]]


class Fault(BaseModel):
    """What went wrong: what was expected, what came, and the facts beside it."""

    model_config = ConfigDict(extra="allow")

    type: str
    code: str
    message: str
    param: str | None


class ErrorAnswer(BaseModel):
    """The one error shape."""

    error: Fault


def fault(
    code: str, message: str, *, param: str | None = None, kind: str = "invalid_request_error"
) -> Body:
    """`{"error": {"type", "code", "message", "param"}}`, as KolvaniError.as_dict has it."""
    return {"error": {"type": kind, "code": code, "message": message, "param": param}}


INTERNAL: Final = fault("internal", "an error on our side; it has been logged", kind="server_error")
