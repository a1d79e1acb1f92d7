"""Every format that is written, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from service.errors import InvalidField
from service.formats.document import Document
from service.formats.options import FormatOptions
from service.formats.plain import write_txt
from service.formats.srt import write_srt

Write = Callable[[Document, FormatOptions], str]


@dataclass(frozen=True)
class Format:
    """A format. `suffix`: of a file, with its full stop; `encoding`: Python's name of it.

    with_characters: the file tells the times of characters, where the document has them.
    """

    name: str
    suffix: str
    media_type: str
    write: Write
    with_characters: bool = False
    encoding: str = "utf-8"

    @property
    def content_type(self) -> str:
        """The media type with its charset; JSON has none."""
        json = self.media_type == "application/json"
        return self.media_type if json else f"{self.media_type}; charset=utf-8"


_ALL: Final = (
    Format("txt", ".txt", "text/plain", write_txt),
    Format("srt", ".srt", "application/x-subrip", write_srt),
)
FORMATS: Final[Mapping[str, Format]] = MappingProxyType({item.name: item for item in _ALL})


def format_named(name: str, others: tuple[str, ...] = ()) -> Format:
    """The format of a name; `others`: known names that are not written here.

    Raises InvalidField with the known ones.
    """
    if name not in FORMATS:
        known = (*others, *FORMATS)
        raise InvalidField(
            f"expected a format of {', '.join(known)}, got {name!r}",
            param="format",
            known=list(known),
        )
    return FORMATS[name]


def render(document: Document, name: str, options: FormatOptions) -> bytes:
    """A document in a format. Raises InvalidField."""
    form = format_named(name)
    return form.write(document, options).encode(form.encoding)
