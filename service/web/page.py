"""The files of the page at /ui and of /docs, and the headers under which a browser holds them.

Nothing is fetched from elsewhere, and no script stands in a page: a text that somebody aligns can
never become one. Styles come from files, too. The one exception is the sheet that wavesurfer.js
writes into its own shadow root; it is let in by its hash, which tests/service/web/test_page.py
computes from the vendored file.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC_DIR: Final = Path(__file__).parent / "static"
DOCS_PAGE: Final = Path(__file__).parent / "docs.html"

WAVESURFER_STYLE: Final = "sha256-4hGoO+X6KXe8Gw08N/aBKwvHEYryxn/8CNSB0dTq+m0="

_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": f"'self' '{WAVESURFER_STYLE}'",
    "img-src": "'self' data:",  # swagger-ui draws its arrows so
    "media-src": "'self' blob:",  # the recording that somebody dropped is played from memory
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Asked for anew each time, answered with 304 by its ETag: an update is never half old.
    "Cache-Control": "no-cache",
}


class PageFiles(StaticFiles):
    """The static folder and nothing outside it, with the page's headers on every file."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC_DIR, html=True)

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """The file, or 304 where the browser has it."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(HEADERS)
        return response


def docs_page() -> FileResponse:
    """The page of /docs; it names its files from there, so it is none of /ui."""
    return FileResponse(DOCS_PAGE, headers=dict(HEADERS))
