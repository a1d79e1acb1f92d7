"""How words are said that the model cannot read: given with a text, as written -> as said."""

import json
from collections.abc import Mapping
from typing import Final

from service.errors import InvalidField

MAX_PRONUNCIATIONS: Final = 1_000
MAX_WRITTEN: Final = 100  # characters
MAX_SAID: Final = 300  # characters


def read_pronunciations(document: str) -> dict[str, str]:
    """A JSON object of texts, as written -> as said. Raises InvalidField for anything else."""
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
        raise _invalid("whole characters", half) from error


def _no_object(got: str) -> InvalidField:
    return InvalidField(
        f'expected a JSON object of texts, such as {{"NATO": "נאטו"}}, got {got}',
        param="pronunciations",
    )


def checked(pronunciations: Mapping[str, str]) -> dict[str, str]:
    """As said, by what is written, in one case. Raises InvalidField."""
    if len(pronunciations) > MAX_PRONUNCIATIONS:
        raise _invalid(f"at most {MAX_PRONUNCIATIONS} pronunciations", len(pronunciations))
    for written, said in pronunciations.items():
        _check(written, said)
    return {written.strip().casefold(): said for written, said in pronunciations.items()}


def _check(written: str, said: str) -> None:
    if not written.strip() or len(written.split()) > 1 or len(written) > MAX_WRITTEN:
        raise _invalid(f"a word of at most {MAX_WRITTEN} characters to pronounce", written)
    if not said.strip() or len(said) > MAX_SAID:
        raise _invalid(f"1 to {MAX_SAID} characters for how {written!r} is said", said)


def _invalid(expected: str, got: str | int) -> InvalidField:
    shown = got if isinstance(got, int) else repr(got[:MAX_WRITTEN])
    return InvalidField(f"expected {expected}, got {shown}", param="pronunciations")
