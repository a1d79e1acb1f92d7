"""Several files in one."""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

MEDIA_TYPE: Final = "application/zip"
_BEGINNING: Final = (1980, 1, 1, 0, 0, 0)  # of a zip's calendar: equal files make equal archives


def zipped(stem: str, contents: Mapping[str, bytes]) -> bytes:
    """A zip of files named stem + suffix; contents: suffix -> bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix, content in contents.items():
            entry = zipfile.ZipInfo(f"{stem}{suffix}", _BEGINNING)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()
