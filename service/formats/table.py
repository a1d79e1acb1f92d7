"""Every format that is written, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from service.errors import InvalidField
from service.formats.ass import write_ass
from service.formats.audacity import write_audacity
from service.formats.ctm import write_ctm
from service.formats.document import Document
from service.formats.options import FormatOptions
from service.formats.plain import write_txt
from service.formats.spreadsheet import write_csv, write_tsv
from service.formats.srt import write_srt
from service.formats.textgrid import write_textgrid
from service.formats.verbose_json import write_verbose_json
from service.formats.vtt import write_vtt
from service.formats.whisperx import write_whisperx

JSON: Final = "application/json"

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
        return JSON if self.media_type == JSON else f"{self.media_type}; charset=utf-8"


_ALL: Final = (
    Format("verbose_json", ".verbose.json", JSON, write_verbose_json),
    Format("whisperx", ".whisperx.json", JSON, write_whisperx, with_characters=True),
    Format("txt", ".txt", "text/plain", write_txt),
    Format("srt", ".srt", "application/x-subrip", write_srt),
    Format("vtt", ".vtt", "text/vtt", write_vtt),
    Format("ass", ".ass", "text/x-ssa", write_ass),
    Format("textgrid", ".TextGrid", "text/plain", write_textgrid, with_characters=True),
    Format("ctm", ".ctm", "text/plain", write_ctm),
    # Excel reads a .csv as UTF-8 only with a byte order mark.
    Format("csv", ".csv", "text/csv", write_csv, encoding="utf-8-sig"),
    Format("tsv", ".tsv", "text/tab-separated-values", write_tsv),
    Format("audacity", ".audacity.txt", "text/plain", write_audacity),
)
FORMATS: Final[Mapping[str, Format]] = MappingProxyType({item.name: item for item in _ALL})


def format_named(name: str, others: tuple[str, ...] = (), param: str = "format") -> Format:
    """The format of a name; `others`: known names that are not written here; `param`: the field
    that names it.

    Raises InvalidField with the known ones.
    """
    if name not in FORMATS:
        known = (*others, *FORMATS)
        raise InvalidField(
            f"expected a format of {', '.join(known)}, got {name!r}",
            param=param,
            known=list(known),
        )
    return FORMATS[name]


def render(document: Document, name: str, options: FormatOptions) -> bytes:
    """A document in a format. Raises InvalidField."""
    form = format_named(name)
    return form.write(document, options).encode(form.encoding)
