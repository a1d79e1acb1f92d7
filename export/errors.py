"""Everything that stops an export, as one tree.

    ExportError
    ├── CheckpointNotFound (LookupError)         no such folder, repository, revision or file
    ├── CheckpointUnreachable (ConnectionError)  the hub does not answer, and nothing is cached
    ├── UnsupportedCheckpoint (ValueError)       readable, but not a model that is exported here
    ├── UnknownStructure (ValueError)         nothing that an integer graph is written for
    ├── VocabularyMismatch (ValueError)          tokens and logits do not fit each other
    ├── VocabularyDrift (ValueError)             not the tokens that this model had before
    ├── UnreadableProbe (ValueError)             a recording for the gates that cannot be decoded
    ├── NotQuantized (RuntimeError)              a layer was left in float32
    ├── GateFailed (RuntimeError)                the graph answers otherwise than its source
    └── DiskFull (OSError)                       no room for the result

Each says what was expected and what was found; both are attributes.
"""

from textwrap import shorten
from typing import Final

SHOWN_CHARACTERS: Final = 300  # of what a library says about its failure, on one line


class ExportError(Exception):
    """An export that cannot be finished. Its text is one line: `subject: expected ..., got ...`."""

    def __init__(self, subject: str, *, expected: object, got: object) -> None:
        found = shorten(str(got), SHOWN_CHARACTERS, placeholder=" ...")
        super().__init__(f"{subject}: expected {expected}, got {found}")
        self.expected = expected
        self.got = got


class CheckpointNotFound(ExportError, LookupError):
    """No such folder, repository, revision or file."""


class CheckpointUnreachable(ExportError, ConnectionError):
    """The hub does not answer, and nothing is cached."""


class UnsupportedCheckpoint(ExportError, ValueError):
    """Readable, but not a model that is exported here."""


class UnknownStructure(ExportError, ValueError):
    """Exported, but nothing that an integer graph is written for: the stock policy takes it."""


class VocabularyMismatch(ExportError, ValueError):
    """Tokens and logits do not fit each other."""


class VocabularyDrift(ExportError, ValueError):
    """Not the tokens that this model had before."""


class UnreadableProbe(ExportError, ValueError):
    """A recording for the gates that cannot be decoded."""


class NotQuantized(ExportError, RuntimeError):
    """A layer was left in float32."""


class GateFailed(ExportError, RuntimeError):
    """The graph answers otherwise than its source."""


class DiskFull(ExportError, OSError):
    """No room for the result."""
