"""An answer as the files and the figures that a run keeps of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from service.batch.task import Facts, Outcome
from service.formats.document import document_of
from service.formats.options import PLAIN, FormatOptions
from service.formats.table import FORMATS, render
from service.spans import Alignment, Transcript

JSON: Final = "json"  # our own answer, as the server gives it
FILE: Final = "file"  # subtitles as they came, corrected
JSON_SUFFIX: Final = ".json"
KNOWN: Final = (JSON, *FORMATS)

Made = Mapping[str, Callable[[], bytes]]  # the formats that only a command can make


@dataclass(frozen=True)
class Rendering:
    """Which formats are written, and how."""

    formats: tuple[str, ...] = (JSON,)
    options: FormatOptions = PLAIN

    @property
    def with_characters(self) -> bool:
        """Whether one of the formats tells the times of characters."""
        return any(form in FORMATS and FORMATS[form].with_characters for form in self.formats)

    def suffixes(self, own: str = "") -> tuple[str, ...]:
        """Of the files, in the order of the formats; own: of FILE."""
        return tuple(suffix_of(form, own) for form in self.formats)

    def outcome(
        self, result: Transcript | Alignment, made: Made, name: str, own: str = ""
    ) -> Outcome:
        """The files of an answer; name: of the recording, where a format tells it."""
        document = document_of(result, name.rpartition("/")[2])
        files = {
            suffix_of(form, own): made[form]()
            if form in made
            else render(document, form, self.options)
            for form in self.formats
        }
        return Outcome(files, facts_of(result))


def suffix_of(form: str, own: str = "") -> str:
    """Of a format's files, with its full stop; own: of FILE."""
    if form == FILE:
        return own
    return JSON_SUFFIX if form == JSON else FORMATS[form].suffix


def format_of(name: str) -> str:
    """The format whose files end as a file's name does, the longest such end; JSON if none does."""
    fitting = [form for form in KNOWN if name.lower().endswith(suffix_of(form).lower())]
    return max(fitting, key=lambda form: len(suffix_of(form)), default=JSON)


def facts_of(result: Transcript | Alignment) -> Facts:
    """What the table tells."""
    length, model, warnings = result.duration_sec, result.model, result.warnings
    if isinstance(result, Transcript):
        return Facts(length, model, len(result.words), warnings)
    return Facts(
        duration_sec=length,
        model=model,
        words=len(result.words),
        warnings=warnings,
        quality=result.quality,
        score=result.score,
        not_found=sum(word.status == "not_found" for word in result.words),
        unwritten_sec=sum(item.end - item.start for item in result.unwritten),
    )


def json_of(answer: BaseModel) -> bytes:
    """For people and machines alike."""
    return pretty(answer.model_dump())


def pretty(document: object) -> bytes:
    """JSON on several lines, with a line break at its end."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def formats_of(names: Sequence[str], known: Sequence[str] = KNOWN) -> tuple[str, ...]:
    """Without repetitions, in their order. Raises ValueError for a name that is not known."""
    for name in names:
        if name not in known:
            raise ValueError(f"expected formats of {', '.join(known)}, got {name!r}")
    return tuple(dict.fromkeys(names))
