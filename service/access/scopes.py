"""What a key may be for, and which of it each path asks for."""

from typing import Final

ALL: Final = "*"
READ: Final = "read"
STATUS: Final = ("stats", "metrics")
WORK: Final = ("transcribe", "align", "retime")  # what budgets count
SCOPES: Final = (*WORK, READ, *STATUS, ALL)
DEFAULT: Final = (*WORK, READ)  # of a new key: everything but what is told to operators

ANY: Final = ""  # a key, whatever it is for
OPEN: Final = None  # no key

# Probes, what this is, and the page with all that it is made of: nothing of anybody's work.
_OPEN: Final = frozenset({"/", "/health", "/healthz", "/readyz", "/docs", "/openapi.json", "/ui"})
_OPEN_FOLDERS: Final = ("/ui/",)
_BY_PATH: Final = {
    "/transcribe": "transcribe",
    "/v1/audio/transcriptions": "transcribe",
    "/v1/audio/translations": "transcribe",
    "/align": "align",
    "/v1/forced-alignment": "align",
    "/retime": "retime",
    "/languages": READ,
    "/models": READ,
    "/api-info": READ,
    "/v1/models": READ,
    "/stats": "stats",
    "/metrics": "metrics",
}
_BY_FOLDER: Final = {"/models/": READ, "/v1/models/": READ}


def scope_of(path: str) -> str | None:
    """The scope that a path needs; ANY where no route is known, so that a forgotten one is not
    open; OPEN where none is needed.
    """
    if path in _OPEN or path.startswith(_OPEN_FOLDERS):
        return OPEN
    for folder, scope in _BY_FOLDER.items():
        if path.startswith(folder):
            return scope
    return _BY_PATH.get(path.rstrip("/"), ANY)
