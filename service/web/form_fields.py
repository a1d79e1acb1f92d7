"""The fields of a form, one by one; every complaint is an InvalidField that names the field."""

import math
from collections.abc import Collection
from typing import Final

from starlette.datastructures import FormData, UploadFile

from service.errors import InvalidField

FLAGS: Final = {"true": True, "false": False}


def first_of(form: FormData, names: Collection[str]) -> str | UploadFile | None:
    """The first of the named fields that the form has."""
    for name in names:
        if name in form:
            return form[name]
    return None


def text_of(form: FormData, name: str) -> str | None:
    """A field without its outer spaces; None where it is empty or absent. Raises InvalidField."""
    value = first_of(form, (name,))
    if isinstance(value, UploadFile):
        raise InvalidField(f"expected a text in the field {name}, got a file", param=name)
    return whole(value, name).strip() or None if value is not None else None


def number_of(form: FormData, name: str, default: float) -> float:
    """A finite number. Raises InvalidField."""
    text = text_of(form, name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidField(f"expected a number in the field {name}, got {text!r}", param=name)
    return number


def whole_number_of(form: FormData, name: str, default: int) -> int:
    """A whole number. Raises InvalidField."""
    number = number_of(form, name, default)
    if number != int(number):
        raise InvalidField(
            f"expected a whole number in the field {name}, got {number:g}", param=name
        )
    return int(number)


def one_of(form: FormData, name: str, known: Collection[str], default: str) -> str:
    """One of the known texts. Raises InvalidField."""
    text = text_of(form, name) or default
    if text not in known:
        raise InvalidField(
            f"expected one of {', '.join(known)} in the field {name}, got {text!r}", param=name
        )
    return text


def flag_of(form: FormData, name: str) -> bool:
    """A truth value, false where it is absent. Raises InvalidField."""
    text = text_of(form, name) or "false"
    if text not in FLAGS:
        raise InvalidField(
            f"expected {' or '.join(FLAGS)} in the field {name}, got {text!r}", param=name
        )
    return FLAGS[text]


def whole(text: str, name: str) -> str:
    """The text, if an answer can hold it: half a character has no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = ord(text[error.start])
        raise InvalidField(
            f"expected whole characters in the field {name}, got the surrogate U+{half:04X} at "
            f"{error.start}",
            param=name,
        ) from error
    return text
