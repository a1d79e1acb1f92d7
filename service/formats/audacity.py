"""Audacity's labels: start, end and text, parted by tabs."""

from service.formats.document import Document
from service.formats.labels import one_line
from service.formats.options import FormatOptions


def write_audacity(document: Document, _: FormatOptions) -> str:
    """A label a word, in seconds; a word that was not found has no place on the track."""
    return "".join(
        f"{word.start:.6f}\t{word.end:.6f}\t{one_line(word.word)}\n"
        for word in document.words
        if word.start is not None and word.end is not None
    )
