"""What is remembered of a prepared model: of what it was made, and what its files are."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from service.bundle import sha256_of


@dataclass(frozen=True)
class Stamp:
    """What the file system tells of a file without reading it.

    The time of the last change to a file's content or name cannot be set by a program: a file that
    was written to, replaced or copied has another stamp.
    """

    size: int  # bytes
    modified_ns: int
    changed_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> "Stamp":
        """Raises OSError."""
        told = path.stat()
        return cls(told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino)


@dataclass(frozen=True)
class Known:
    """A file whose content was hashed when it had that stamp."""

    sha256: str
    stamp: Stamp

    @classmethod
    def of(cls, path: Path) -> "Known":
        """Reads all of it. Raises OSError."""
        stamp = Stamp.of(path)
        return cls(sha256_of(path), stamp)

    def unchanged(self, path: Path) -> bool:
        """Whether it has the same stamp still; reads nothing."""
        try:
            return Stamp.of(path) == self.stamp
        except OSError:
            return False

    def whole(self, path: Path) -> bool:
        """Whether it has the same content still; reads all of it."""
        try:
            return self.unchanged(path) and sha256_of(path) == self.sha256
        except OSError:
            return False


@dataclass(frozen=True)
class Record:
    """runtime, processor: for which these files are; model: the bundle's graph, by its whole path;
    files: those that were made of it, by name.
    """

    id: str
    runtime: str
    processor: str
    model_path: str
    model: Known
    files: Mapping[str, Known]

    def write(self, path: Path) -> None:
        """As JSON. Raises OSError."""
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def read_record(path: Path) -> Record | None:
    """None where there is none, or none that can be understood."""
    try:
        return _record(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _record(document: dict[str, Any]) -> Record:
    known = {name: _known(entry) for name, entry in document.pop("files").items()}
    return Record(model=_known(document.pop("model")), files=known, **document)


def _known(entry: Mapping[str, Any]) -> Known:
    return Known(str(entry["sha256"]), Stamp(**entry["stamp"]))
