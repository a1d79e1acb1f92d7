"""CTM, as NIST's scoring tools and NeMo's aligner have it: a word a line.

<recording> <channel> <start> <duration> <word> <confidence>
"""

from collections.abc import Iterator
from typing import Final

from service.formats.document import Document
from service.formats.labels import one_line
from service.formats.options import FormatOptions

CHANNEL: Final = "1"
UNKNOWN: Final = "NA"  # the format's own


def write_ctm(document: Document, _: FormatOptions) -> str:
    """Seconds and scores; NA for the score of an interpolated word.

    A word that was not found stands in a comment, since a line must have a time.
    """
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(document: Document) -> Iterator[str]:
    recording = "_".join(one_line(document.name).split()).lstrip(";") or "audio"
    for word in document.words:
        text = one_line(word.word)
        if word.start is None or word.end is None:
            yield f";; not found: {text}"
            continue
        times = f"{word.start:.3f} {word.end - word.start:.3f}"
        confidence = UNKNOWN if word.score is None else f"{word.score:.4f}"
        yield f"{recording} {CHANNEL} {times} {text} {confidence}"
