"""One run at a time in a folder."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.errors import InvalidField

logger = logging.getLogger(__name__)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """No other run writes there meanwhile, where the file system has locks. Raises InvalidField."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        message = f"{folder}: expected a folder that no other run writes to, got one in use"
        raise InvalidField(message, param="output") from error
    except OSError:  # some network file systems have none
        logger.info("%s cannot be locked", folder)
