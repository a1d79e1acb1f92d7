"""Where answers go: to standard output, to a file, or to a folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.batch.status import WrongUsage
from service.ops.files import Unwritable, write_whole


@dataclass(frozen=True)
class Target:
    """path: None for standard output."""

    path: Path | None
    is_folder: bool = False

    def file(self, name: str, suffix: str) -> Path:
        """Of an answer in a folder."""
        return (self.path or Path()) / f"{name}{suffix}"

    def files(self, name: str, suffixes: Sequence[str]) -> list[Path]:
        """All files of an answer."""
        if self.path is None:
            return []
        return [self.file(name, one) for one in suffixes] if self.is_folder else [self.path]

    def write(self, name: str, files: Mapping[str, bytes]) -> bytes:
        """Write the files of an answer, each there whole or not at all; returns what is left for
        standard output. Raises Unwritable.
        """
        if self.path is None:
            return b"".join(files.values())
        for suffix, content in files.items():
            path = self.file(name, suffix) if self.is_folder else self.path
            if self.is_folder:
                make_folder(path.parent)
            write_whole(path, content)
        return b""


def target_of(output: str | None, formats: int, *, many: bool) -> Target:
    """A folder if there may be several files, if one stands there or if the path ends with a
    slash; a file otherwise. formats: how many each answer has. Raises WrongUsage for several files
    without a folder.
    """
    several = many or formats > 1
    if output is None:
        if several:
            what = "several recordings" if many else "several formats"
            raise WrongUsage(f"expected --output with a folder for {what}, got none")
        return Target(None)
    path = Path(output)
    is_folder = several or path.is_dir() or output.endswith("/")
    if is_folder and path.exists() and not path.is_dir():
        raise WrongUsage(f"expected --output with a folder, got the file {output}")
    return Target(path, is_folder)


def make_folder(path: Path) -> None:
    """With its parents. Raises Unwritable."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unwritable(error.errno, error.strerror, str(path)) from error
