"""Typed access to a JSON object of a bundle."""

import math
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Final

from service.errors import BundleError

MOST: Final = (1 << 31) - 1  # of what a bundle counts; larger ones overflow where they are used
SHOWN_DIGITS: Final = 20


class Fields:
    """Typed access; every complaint is a BundleError that names the file and the field."""

    def __init__(self, path: Path, document: Mapping[str, Any], prefix: str = "") -> None:
        self.path, self._document, self._prefix = path, document, prefix

    def __contains__(self, name: str) -> bool:
        return name in self._document

    def text(self, name: str) -> str:
        """A text that is not empty."""
        value = self._get(name, str)
        if not value:
            raise broken(self.path, f"a text in {self._prefix}{name}", "an empty one")
        return str(value)

    def text_or_null(self, name: str) -> str | None:
        """A text, or None for null."""
        return None if self._is_null(name) else self.text(name)

    def natural(self, name: str, least: int = 0, most: int = MOST) -> int:
        """A whole number."""
        value = self._get(name, int)
        if isinstance(value, bool) or value < least:
            raise broken(self.path, f"a number >= {least} in {self._prefix}{name}", repr(value))
        if value > most:
            raise broken(self.path, f"a number <= {most} in {self._prefix}{name}", _short(value))
        return int(value)

    def flag(self, name: str) -> bool:
        """A truth value."""
        return bool(self._get(name, bool))

    def number(self, name: str) -> float:
        """A finite number."""
        value = self._get(name, int | float)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if isinstance(value, bool) or not math.isfinite(number):
            raise broken(self.path, f"a finite number in {self._prefix}{name}", repr(value))
        return number

    def number_or_null(self, name: str) -> float | None:
        """A finite number, or None for null."""
        return None if self._is_null(name) else self.number(name)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        values = self._get(name, list)
        if not all(isinstance(value, str) for value in values):
            raise broken(self.path, f"a list of texts in {self._prefix}{name}", repr(values))
        return tuple(values)

    def pairs(self, name: str) -> tuple[tuple[int, int], ...]:
        """Pairs of whole numbers > 0, at least one."""
        values = self._get(name, list)
        if not values:
            raise broken(self.path, f"pairs of numbers > 0 in {self._prefix}{name}", "none")
        for value in values:
            numbers = isinstance(value, list) and all(type(item) is int for item in value)
            if not numbers or len(value) != len(("kernel", "stride")) or min(value) < 1:
                raise broken(self.path, f"pairs of numbers > 0 in {self._prefix}{name}", value)
            if max(value) > MOST:
                largest = _short(max(value))
                raise broken(self.path, f"numbers <= {MOST} in {self._prefix}{name}", largest)
        return tuple((kernel, stride) for kernel, stride in values)

    def table(self, name: str) -> "Fields":
        """A JSON object, as fields again."""
        return Fields(self.path, self.mapping(name), f"{self._prefix}{name}.")

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A JSON object, as it is."""
        return dict(self._get(name, dict))

    def one_of(self, name: str, allowed: tuple[str, ...], absent: str | None = None) -> str:
        """One of the allowed texts; `absent`, if it is given, where there is no such field."""
        if absent is not None and name not in self._document:
            return absent
        value = self.text(name)
        if value not in allowed:
            raise broken(self.path, f"{self._prefix}{name} in {', '.join(allowed)}", value)
        return value

    def _is_null(self, name: str) -> bool:
        return name in self._document and self._document[name] is None

    def _get(self, name: str, kind: type | UnionType) -> Any:  # noqa: ANN401  # JSON, checked below
        value = self._document.get(name)
        if not isinstance(value, kind):
            expected = getattr(kind, "__name__", str(kind))
            got = "nothing" if name not in self._document else type(value).__name__
            raise broken(self.path, f"{expected} in {self._prefix}{name}", got)
        return value


def _short(value: int) -> str:
    """What of a huge number is worth telling."""
    digits = repr(value)
    return digits if len(digits) <= SHOWN_DIGITS else f"one of {len(digits)} digits"


def broken(path: Path, expected: object, got: object) -> BundleError:
    """The error of a file of a bundle that is not what it should be."""
    message = f"{path}: expected {expected}, got {got}"
    return BundleError(message, file=path.name, expected=str(expected), got=str(got))
