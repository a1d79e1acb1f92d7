"""Room for intermediate files, results that appear whole or not at all, and full disks."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from export.errors import DiskFull, ExportError

FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FULL_TEXT: Final = os.strerror(errno.ENOSPC)
LEAST_FREE: Final = 1 << 20  # bytes; with less, what failed without a reason failed for this one


@contextmanager
def workspace(parent: Path) -> Iterator[Path]:
    """A folder in `parent` for all that is not a result yet; gone afterwards, whatever happens.

    Raises DiskFull in place of whatever a library makes of a full disk.
    """
    with _full_disk(parent):
        parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".export-", dir=parent) as folder, _full_disk(parent):
            yield Path(folder)


def publish(staged: Path, target: Path) -> None:
    """Rename a finished folder to where it belongs, on the same disk.

    What stood there before goes where `staged` stood, or comes back if the renaming fails.
    """
    if not target.exists():
        staged.rename(target)
        return
    retired = staged.with_name(f"{staged.name}.retired")
    target.rename(retired)
    try:
        staged.rename(target)
    except OSError:
        retired.rename(target)
        raise


@contextmanager
def _full_disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except ExportError:
        raise
    except Exception as error:
        if not _is_full(error, folder):
            raise
        free = shutil.disk_usage(folder).free if folder.exists() else 0
        got = f"{free >> 20} MiB free, and: {error}"
        raise DiskFull(str(folder), expected="room for the export", got=got) from error


def _is_full(error: BaseException, folder: Path) -> bool:
    """The libraries below write from C++, some without looking: then only the disk can tell."""
    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "errno", None) in FULL or FULL_TEXT in str(cause):
            return True
        cause = cause.__cause__ or cause.__context__
    return folder.exists() and shutil.disk_usage(folder).free < LEAST_FREE
