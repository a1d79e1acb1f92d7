"""The text alone, a segment a line."""

from service.formats.document import Document
from service.formats.options import FormatOptions


def write_txt(document: Document, _: FormatOptions) -> str:
    """Every segment, found or not, on a line of its own."""
    return "".join(f"{' '.join(item.text.split())}\n" for item in document.segments)
