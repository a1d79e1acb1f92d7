"""An answer in the formats that were asked for."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from service.formats.archive import MEDIA_TYPE as ZIP
from service.formats.archive import zipped
from service.formats.document import Document
from service.formats.options import FormatOptions
from service.formats.table import FORMATS, render, tell_characters

ANSWER: Final = "json"  # our own, with everything that is known
NAMELESS: Final = "audio"
_UNPLAIN: Final = re.compile(r"[^\w.-]+", re.ASCII)


@dataclass(frozen=True)
class Part:
    """A file of an answer. `suffix`: with its full stop; None: it is shown, not saved."""

    content: bytes
    content_type: str
    suffix: str | None = None


Makers = Mapping[str, Callable[[], Part]]  # the formats that only a route can make


@dataclass(frozen=True)
class Rendering:
    """What a request wants to have back: one format, or several in a zip.

    stem: the name of the files, without a suffix.
    """

    names: tuple[str, ...]
    archived: bool
    options: FormatOptions
    stem: str

    @property
    def with_characters(self) -> bool:
        """Whether one of the formats tells the times of characters."""
        return tell_characters(self.names)

    def rendered(self, document: Callable[[], Document], makers: Makers) -> "Rendered":
        """The answer; `makers` makes the formats that are not in the table."""
        document = cache(document)
        parts = {name: makers[name]() if name in makers else None for name in self.names}
        made = {name: part or self._part(name, document) for name, part in parts.items()}
        if not self.archived:
            return Rendered(made[self.names[0]], self.stem)
        contents = {part.suffix or f".{name}": part.content for name, part in made.items()}
        return Rendered(Part(zipped(self.stem, contents), ZIP, ".zip"), self.stem)

    def _part(self, name: str, document: Callable[[], Document]) -> Part:
        form = FORMATS[name]
        return Part(render(document(), name, self.options), form.content_type, form.suffix)


@dataclass(frozen=True)
class Rendered:
    """An answer's bytes, and what its client calls them."""

    part: Part
    stem: str

    def response(self) -> Response:
        """With a name to save it under, unless it is our own JSON."""
        headers = {"content-type": self.part.content_type}
        if self.part.suffix is not None:
            headers["content-disposition"] = disposition(self.stem, self.part.suffix)
        return Response(self.part.content, headers=headers)


def disposition(stem: str, suffix: str) -> str:
    """Content-Disposition of a file to save: a name in ASCII, and the true one (RFC 6266)."""
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    safe = _UNPLAIN.sub("_", plain).strip("_") or NAMELESS
    return f"attachment; filename=\"{safe}{suffix}\"; filename*=UTF-8''{quote(stem + suffix)}"
