"""Pronunciations as clients send them: a JSON object, as written -> as said."""

import json

from service.errors import InvalidField
from service.text.spoken.pronunciations import MAX_WRITTEN, invalid


def read_pronunciations(document: str) -> dict[str, str]:
    """Raises InvalidField for anything but a JSON object of whole texts."""
    try:
        found = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise _no_object(f"{document[:MAX_WRITTEN]!r}: {error}") from error
    if not isinstance(found, dict):
        raise _no_object(repr(document[:MAX_WRITTEN]))
    for written, said in found.items():
        if not isinstance(said, str):
            raise _no_object(f"{repr(said)[:MAX_WRITTEN]} for {written[:MAX_WRITTEN]!r}")
        _check_whole(written + said)
    return found


def _check_whole(text: str) -> None:
    """JSON can write half a character, which no answer could hold."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = f"the surrogate U+{ord(text[error.start]):04X}"
        raise invalid("whole characters", half) from error


def _no_object(got: str) -> InvalidField:
    return InvalidField(
        f'expected a JSON object of texts, such as {{"NATO": "נאטו"}}, got {got}',
        param="pronunciations",
    )
