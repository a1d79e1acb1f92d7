"""OpenAI's `chunking_strategy`: which silence is skipped."""

import json
import math
from typing import Any, Final

from starlette.datastructures import FormData

from service.errors import InvalidField
from service.speech import SKIPPING, Skipping
from service.web.forms.fields import text_of

CHUNKING: Final = "chunking_strategy"
AUTO: Final = "auto"
SERVER_VAD: Final = "server_vad"
# The members of the object, beside its type, and the most that each may be.
MOST: Final = {"threshold": 1.0, "prefix_padding_ms": 60_000.0, "silence_duration_ms": 600_000.0}


def skipping_of(form: FormData) -> Skipping | None:
    """The silence that a form asks to skip; None where it asks for nothing. Raises InvalidField.

    The object comes as JSON, or as the official clients send it, a field a member:
    `chunking_strategy[threshold]`.
    """
    text = text_of(form, CHUNKING)
    if text == AUTO:
        return SKIPPING
    members = _parsed(text) if text else _bracketed(form)
    if not members:
        return None
    if members.pop("type", None) != SERVER_VAD or not members.keys() <= MOST.keys():
        raise _unknown(text or json.dumps(members, ensure_ascii=False))
    return _skipping({name: _number(name, value) for name, value in members.items()})


def _skipping(asked: dict[str, float]) -> Skipping:
    """Padding and silence may be longer than ours, never shorter: words near a seam would suffer,
    and a short pause gains nothing.
    """
    padding_sec = max(SKIPPING.padding_sec, asked.get("prefix_padding_ms", 0.0) / 1000)
    silence_sec = asked.get("silence_duration_ms", 0.0) / 1000
    return Skipping(
        threshold=asked.get("threshold", SKIPPING.threshold),
        padding_sec=padding_sec,
        least_sec=max(SKIPPING.least_sec, silence_sec - 2 * padding_sec),
    )


def _parsed(text: str) -> dict[str, Any]:
    try:
        members = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unknown(text) from error
    if not isinstance(members, dict) or not members:
        raise _unknown(text)
    return members


def _bracketed(form: FormData) -> dict[str, Any]:
    """The fields that are members of the object."""
    start, end = f"{CHUNKING}[", "]"
    names = [name for name in form if name.startswith(start) and name.endswith(end)]
    return {name[len(start) : -len(end)]: text_of(form, name) for name in names}


def _number(name: str, value: object) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        number = math.nan
    if not 0 <= number <= MOST[name]:
        raise InvalidField(
            f"expected 0 to {MOST[name]:g} as {name} of {CHUNKING}, got {str(value)[:40]!r}",
            param=CHUNKING,
        )
    return number


def _unknown(got: str) -> InvalidField:
    return InvalidField(
        f"expected {AUTO}, or an object of type {SERVER_VAD} with {', '.join(MOST)} or some of "
        f"these, in the field {CHUNKING}, got {got[:80]!r}",
        param=CHUNKING,
    )
